"""Who returns mail, and with which words: what a report is known by when it has no part for machines.

The long patterns read text in lower case: to ignore the case takes four times as long.
"""

import re

_DAEMONS = (
    r"mailer[-_.]?daemons?\w*|mail[-_.]?daemon|mdaemon|post-?master|postmaster\w{0,12}|maildelivery|mail[-_.]?delivery(?:[-_.]?\w+)?"
    r"|mail[-_.]?system|mailsystem|mail[-_.]?admin\w*|mailadministrator|bounces?|bounced?[-_+=.].*|(?:mail)?bounce|delivery[-_.]?\w*"
    r"|microsoftexchange[0-9a-f]*|mmdf|uucp|smtp|daemon|email[-_.]?daemon|mail-?router|mailgate\w*|ndr|dsn|complaints?-?daemon|mta|root|hostmaster"
)
DAEMON = re.compile(rf"(?:{_DAEMONS})(?:@.*)?", re.IGNORECASE)
DAEMON_NAME = re.compile(
    r"mail(?:er)?[- ]?(?:delivery|daemon|administrator|system|router)|postmaster|delivery (?:sub)?system|mail delivery"
    r"|system administrator|internet mail (?:delivery|service)|network administrator|email delivery|message router"
    r"|почтов|邮件系统|系统退信|郵件系統|メール配信",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:\*{2,5}[^*]{1,20}\*{2,5}\s*)?(?:mail |message |e-?mail |your (?:mail|message) )?"
    r"(?:undeliver(?:able|ed)|non[- ]?(?:delivery|remis)|not delivered|returned (?:mail|e-?mail|message)|return(?:ed)? to sender"
    r"|mail (?:delivery|system|failure|could not)|delivery (?:status|failure|failed|error|has failed|report|notification|problem|delay|unsuccess)"
    r"|(?:message |mail |e-?mail )?(?:status|delivery|failure|failed|error|rejected|undeliverable|bounced?|not (?:sent|delivered)|warning|delayed)\b"
    r".{0,40}(?:deliver|fail|undeliver|notice|notif|report|sender|status|error|reject|return|delay)"
    r"|failure (?:notice|delivering)|failed (?:mail|delivery|message|to deliver)|could ?n[o']t (?:be delivered|send)|unable to deliver"
    r"|bounced? (?:mail|message|e-?mail)|rejected (?:mail|posting|message)|user unknown|unknown user|nondeliverable|(?:warning|delay(?:ed)?):"
    r"|deferred mail|mail could not|can(?:'t|not) (?:send|deliver)|delayed mail|delivery (?:of|to) .{1,60} (?:failed|delayed)"
    r"|unzustellbar|nicht zustellbar|zustell|mail konnte nicht|übermittlung|remise|échec|message non (?:remis|distrib)|non remis|notification d.?état"
    r"|no se puede entregar|no entregado|error de entrega|notificaci[oó]n de estado|devuelto|mensaje no entregado|mensagem não|não (?:é possível entregar|entreg)|falha na entrega"
    r"|não foi possível entregar|impossibile (?:recapitare|consegnare)|mancat[ao] (?:consegna|recapito)|non recapitabile|messaggio non|onbestelbaar|kan niet worden|niet (?:bezorgd|afgeleverd)"
    r"|nie można dostarczyć|niedostarcz|zwrot|nedoruč|kézbesít|nelze doručit|kunde inte levereras|olevererbart|ikke leveres|kan ikke leveres|perille|toimittamatta|teslim edile|iletilemedi"
    r"|недоставлен|не(?:возможно|удалось|льзя).{0,12}достав|не доставлен|ошибка доставки|сообщение не|возврат|недоставк|не вдалося доставити"
    r"|退信|退件|无法投递|無法投遞|未送达|投递失败|寄送失敗|配信不能|配信(?:エラー|できません|失敗)|配達(?:不能|できません)|未配信|送信(?:エラー|できません)|.{0,12}반송|배달(?:되지|할 수| 못| 실패)|전송 실패|전달할 수)",
    re.IGNORECASE,
)
PHRASE = re.compile(
    r"(?:could|can|was|were|is|be|has|have|been|will|did)(?: not|n['o]?t|not) (?:yet )?(?:be |been |successfully )*(?:deliver|sent|send|reach|transmit|complet|accept|relay|deliverable)"
    r"|un(?:able|deliver(?:able|ed))(?: to (?:deliver|send|relay|transmit|complete|process))?|failed (?:to deliver|permanently|recipient|address)|delivery (?:\w+ ){0,4}(?:fail|reject|delay|unsuccess|impossible|not possible|attempt|aborted|suspend|error|incomplete)"
    r"|deliver(?:y|ing).{0,60}(?:fail|error|problem)|(?:user|recipient|mailbox|address|account|domain|host|name)s? (?:\S+ ){0,5}?(?:unknown|not found|not exist|not known|not listed|not available|unavailable|invalid|rejected|disabled|full|inactive|suspended|over ?quota|discontinued|expired|not allowed)"
    r"|(?:no such|unknown|invalid|bad|nonexistent|non-existent|illegal|unrouteable|unroutable) (?:\w+ ){0,3}(?:user|recipient|mailbox|address|account|domain|host|person|here|alias|addressee)"
    r"|(?:does|do|did) ?(?:n[o']?t|not) (?:exist|have an? \S{0,20} ?account)|returned (?:to|as|because|unopened)|did not reach|permanent(?:ly)? (?:\w+ )?(?:error|fail|fatal|reject)|fatal error|exceeds? (?:\w+ ){0,3}(?:size|limit)|(?:quota|size limit|storage).{0,30}(?:exceed|full|reached)|(?:over|exceed\w*) .{0,20}quota"
    r"|message (?:\S+ ){0,4}(?:rejected|refused|bounced|blocked|returned|undeliverable)|access denied|relay(?:ing)? (?:denied|not)|host (?:unknown|not found|lookup)|retry (?:time|timeout)|timed? ?out|too (?:long|many hops)|giving up|sorry,? (?:i|we|no|your|that)|was rejected|been (?:rejected|delayed|blocked)"
    r"|no longer (?:valid|active|available|accept|exist|in use|with|employ|at)|not (?:our|a) (?:valid )?(?:customer|user|mailbox)|name service error|connection (?:refused|timed)|problem(?:s)? deliver|recipient(?:'?s)? (?:\w+ )?(?:server|system) (?:rejected|refused|did)|error (?:while|during|in|from)|following (?:address|recipient)"
    r"|nicht (?:zugestellt|zustellbar|existi|gefunden|erreicht|ausgeliefert|angenommen|übermittelt)|konnte .{0,60} nicht|unbekannt|abgelehnt|unzustellbar|fehlgeschlagen|(?:n'a|n’a|n'ont) .{0,20}pu|non (?:remis|distrib|délivr)|introuvable|n'existe pas|inconnue?\b|rejeté|échou"
    r"|no (?:se )?(?:ha |han |pudo |puede |podido )+(?:podido |ser )*(?:entreg|envi)|no existe|no (?:fue|ha sido) (?:posible|entreg)|rechazad|desconocid|não (?:foi|pôde|existe|pode|encontrad)|rejeitad|desconhecid|non (?:è stato|esiste|può|trovat|è possibile)|rifiutat|sconosciut|impossibile"
    r"|(?:niet|kon niet|kan niet) .{0,20}(?:bezorg|aflever|bestaa|gevonden)|onbekend|geweigerd|nie (?:można|istnieje|został|udało)|odrzucon|nieznan|neexistuje|nelze|nebyl[ao]? doruč|odmítnut|nem (?:létezik|található|kézbesít)|kunde inte|finns inte|ikke (?:leveres|finnes|findes)|ei (?:voitu|ole|löyd)"
    r"|не (?:удалось|может быть|был|было|найден|существует|доставлен)|неизвест|отклонен|отвергнут|невозможно|заблокирован|переполнен|iletilemedi|bulunamadı|mevcut değil|teslim edilemedi"
    r"|不存在|无法|無法|被拒|失败|失敗|拒绝|拒收|已满|退回|できません|でき(?:ませ|なか)|見つかりません|存在しません|不明|拒否|届きません|없(?:습니다|는|음)|실패|거부|반송|못했습니다|존재하지|찾을 수"
)
DELAYED = re.compile(
    r"\bwarning\b|still (?:being )?(?:retr|try|attempt)|will (?:be )?(?:(?:continue|keep)(?: to)? (?:be )?(?:try|retr|attempt)|retr(?:y|ied)|try again|be attempted)|not yet (?:been )?deliver|has(?: been|) delayed|been delayed|is delayed"
    r"|(?:temporar\w+) (?:\w+ )?(?:problem|fail|error|unavail|defer)|(?:no action is required|do not need to (?:re-?send|resend))|deferred|delay(?:ed)? (?:in )?deliver|delivery (?:\w+ ){0,3}delay|noch nicht zugestellt|verzöger|retardé|temporis|retrasad|задерж|延迟|遅延"
)
GIVEN_UP = re.compile(
    r"giv(?:en|ing) up|permanent|will not be (?:retried|attempted)|no longer|too long|(?:time|retr\w+) ?(?:out )?(?:exceeded|expired)|(?:could|has) not be(?:en)? delivered (?:for|within|after|in)|failed after|未能"
)
"""Words of those that stop trying, which outweigh the ones above."""
