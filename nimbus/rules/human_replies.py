"""What a person answered, by rules that name the words which decided (`deliverability.md` 11.5).

The most protective class comes first: who asks for no more mail and is interested as well, gets no more mail.
"""

import re
from typing import NamedTuple

from nimbus.rules.mail_verdict import Fact
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.unsubscribe import opt_out_line

READ_AT_MOST = 2000  # characters of the author's own words: people say at once what they want
_SHORT = 160  # an answer that says no more than its first words do


class Read(NamedTuple):
    """What an answer says, the words that decided, and how sure that is."""

    reply_class: ReplyClass
    fact: Fact
    confidence: float


class Row(NamedTuple):
    """Words of this pattern make the answer one of this class.

    is_brief: only where it says little else. is_cased: capitals matter; other patterns read lower case, for to ignore
    the case takes four times as long.
    """

    reply_class: ReplyClass
    pattern: re.Pattern[str]
    confidence: float
    is_brief: bool = False
    is_cased: bool = False


def _row(
    reply_class: ReplyClass,
    confidence: float,
    pattern: str,
    *,
    is_brief: bool = False,
    is_cased: bool = False,
) -> Row:
    return Row(reply_class, re.compile(pattern), confidence, is_brief, is_cased)


_UNSUBSCRIBE = (
    r"\bunsubscri\w*|\bopt(?:ing)?[ -]?(?:me )?out\b|(?:remove|delete|take|strike|drop) (?:me|us|my (?:e-?mail|name|address|details|data|info\w*)|this (?:e-?mail|address)) (?:\w+ ){0,3}?(?:from|off|out)|remove (?:me|us|my (?:e-?mail|address|name|data|details))\b|take (?:me|us) off"
    r"|(?:stop|quit|cease)(?: \w+)? (?:e-?mailing|contacting|sending|writing|messaging|spamming|emails|mails|these)|(?:do not|don'?t|please don'?t|never) (?:ever )?(?:e-?mail|contact|write(?: to)?|message|send|spam) (?:me|us|any ?more|anything|these)|no (?:more|further) (?:e-?mails?|mails?|messages|contact|communication)|(?:don'?t|do not) want (?:to (?:receive|get|hear)|your|any|these|more|further)(?: \w+){0,3} ?(?:e-?mails?|mails?|messages|from you)?|please remove\b(?! (?:the|that|this|it))|lose my (?:number|e-?mail|address)"
    r"|abmelden|abbestell|austragen|(?:lösch|entfern|streich)\w* (?:sie )?(?:bitte )?(?:mich|meine|uns)|(?:keine|kein) (?:weiteren?|e-?mails?|mails?|nachrichten|werbung|kontakt\w*)(?: \w+){0,2}(?: mehr)?|nicht (?:mehr|weiter) (?:kontaktier|anschreib|anzuschreib|schreib|zu kontaktier)\w*|aus (?:ihrem|dem|deinem|eurem|ihrer|der) (?:verteiler|liste)"
    r"|désabonn|désinscri|désinscrire|(?:retir|supprim|enlev)\w*[- ](?:moi|nous|mon|mes|notre)|ne (?:plus|m.?) ?(?:me |nous )?(?:contacter|envoyer|écrire|recevoir)|ne (?:m'|me |nous )(?:contactez|écrivez|envoyez) plus|plus de (?:mails?|messages|courriels?)|ne souhaite plus recevoir"
    r"|dar(?:me|nos)? de baja|d[eé]n?(?:me|nos) de baja|borr(?:ar|en|e)(?:me|nos)|elim[ií]n(?:ar|e|en)(?:me|nos)|(?:no|deje|dejen|dejar) (?:de )?(?:me |nos )?(?:env[ií](?:e|en|ar)|contact(?:e|en|ar)|escrib(?:a|an|ir))(?:me|nos)?(?: más| mas)?|no (?:quiero|deseo) (?:recibir|más|que me)"
    r"|descadastr|cancelar (?:a )?(?:minha )?(?:inscrição|assinatura)|remov(?:a|am|er)[- ]?(?:me|nos|meu)|não (?:quero|desejo) (?:mais )?receber|não (?:me )?(?:envie|enviem|contate|escreva)|(?:parem?|pare) de (?:me )?(?:enviar|mandar)"
    r"|disiscriv|cancell(?:atemi|ami|ate(?:mi)?|i il mio|are (?:il mio|la mia))|rimuov(?:etemi|imi|ete|a il mio)|non (?:desidero|voglio) (?:più )?(?:ricevere|essere)|non (?:mi )?(?:scriv|contatt|invi)\w+ più|toglie(?:temi|rmi)"
    r"|uitschrijven|afmelden|schrijf (?:me|mij|ons) uit|(?:verwijder|haal) (?:me|mij|ons|mijn)|geen (?:e-?)?mails? meer|niet meer (?:mailen|benaderen|contacteren)|avregistrera|avprenumer|ta bort mig|inga fler (?:mejl|mail)|afmeld|frameld mig|fjern mig|meld meg av|peruuta tilaus|poistakaa (?:minut|osoitteeni)"
    r"|wypis(?:z|ać|anie|uję)|usuń(?:cie)? m(?:nie|ój)|proszę o usunięcie|nie (?:chcę|życzę sobie) (?:otrzymywać|więcej)|odhlásit|odhlaste|vyřaďte|iratkoz|leiratkoz|dezabon|отпи(?:ш|са)\w*|удалите (?:меня|мой|нас)|не (?:пишите|присылайте|беспокойте)|исключите|більше не пишіть|видаліть мене|aboneliğ|listeden çıkar|listenizden|退订|取消订阅|退訂|不要再(?:发|给我|發|联系)|别再发|配信停止|配信を(?:停止|止め)|送らないで|수신\s?거부|보내지 마"
)
_COMPLAINT = (
    r"(?:report(?:ed|ing)?|mark(?:ed|ing)?|flag(?:ged|ging)?) (?:\w+ ){0,4}(?:as|for|to) (?:\w+ ){0,3}(?:spam|abuse|junk|phishing|the (?:authorit|ico|ftc|cnil|police|data protection))|(?:report|complain)\w* (?:\w+ ){0,4}(?:to (?:the )?(?:ico|ftc|cnil|spamhaus|spamcop|abuse|authorit\w+|data protection|police|your (?:provider|isp|host))|spamcop)"
    r"|(?:legal (?:action|steps|proceedings)|my (?:lawyer|attorney|solicitor)|our (?:lawyers?|attorneys?|legal (?:team|department))|sue you|cease and desist|take you to court|gdpr (?:violation|breach|complaint)|violat\w+ (?:of )?(?:the )?(?:gdpr|can-?spam|casl))|als spam (?:gemeldet|melden|markiert)|abmahn|rechtsanwalt|anwalt|dsgvo|rechtliche schritte|signal(?:é|er) comme (?:spam|indésirable)|(?:mon )?avocat|cnil|plainte|denunci|reportad[oa] como spam|mi abogado|lopd|marcad[oa] como spam|segnalat[oa] come spam|avvocato|gerapporteerd als spam|advocaat|zgłos\w+ (?:jako )?spam|жалоб|举报|投诉|通報"
)
_WRONG = (
    r"wrong (?:person|contact|address|email|company|department|guy|number)|not the (?:right|correct|best|appropriate) (?:person|contact|one|department|point)|(?:i'?m|i am) not (?:in charge|responsible|the (?:one|person))|not (?:my|our) (?:department|area|responsibility|role|remit|decision)|(?:don'?t|do not|doesn'?t) (?:handle|deal with|look after|manage|take care of) (?:this|that|these|it)|(?:please |you (?:should|could|can|may) (?:want to )?)?(?:contact|reach out to|speak (?:to|with)|talk to|email|write to|ask|try|get in touch with) (?:my colleague|our )|(?:forward(?:ed|ing)|pass(?:ed|ing)) (?:this|it|your (?:e-?mail|message|note|details)) (?:on |along )?to (?:my|our|the)|no longer (?:handle|in charge|responsible)|(?:is|would be) the (?:right|best|correct) (?:person|contact)|cc'?(?:ing|ed|'d) "
    r"|(?:nicht|falscher?|bin nicht) (?:der |die |ihr )?(?:richtige\w*|zuständig\w*|ansprechpartner\w*)|falsche (?:person|adresse)|(?:wenden|richten) sie sich (?:bitte )?an|(?:pas|mauvais\w*) (?:la )?(?:bonne )?(?:personne|interlocuteur)|(?:contact|adress)(?:ez|er)(?:[- ]vous)? (?:plutôt |à )?(?:mon|ma|notre) |no soy (?:la persona|el |quien)|persona equivocada|não sou (?:a pessoa|o responsável|eu)|pessoa errada|non sono (?:la persona|io|il referente)|persona sbagliata|(?:niet|verkeerde) (?:de juiste )?persoon|niet de juiste|fel person|forkert person|nie (?:jestem|ta) (?:właściw|odpowiedni)|не (?:по адресу|тот человек|занимаюсь)|обратитесь к|不是(?:负责|我负责)|找错人|担当(?:では|者ではあり)|담당(?:자가 아|이 아)"
)
_NAMES_SOMEBODY = (  # a name begins with a capital
    r"(?:[Cc]ontact|[Rr]each out to|[Ss]peak (?:to|with)|[Tt]alk to|[Ww]rite to|[Aa]sk|[Tt]ry|in touch with) [A-Z]\w+ (?:[A-Z]\w+|from|in|at|who|instead|on|\()"
    r"|(?:[Ff]orward(?:ed|ing)|[Pp]ass(?:ed|ing)) (?:(?:this|it|your (?:e-?mail|message|note|details)) )?(?:on |along )?to [A-Z]\w+"
)
_NOT_NOW = (
    r"not (?:right )?now|later (?:on )?this (?:year|quarter|month)|not (?:at (?:this|the) (?:time|moment|stage|point)|currently|this (?:year|quarter|month|time)|yet|a (?:good|great) time|in (?:the )?budget)|(?:maybe|perhaps|possibly|try(?: me)?(?: again)?|check back|circle back|reach (?:back )?out|get back to (?:me|us)|contact (?:me|us)|follow up|come back|ping me|touch base|talk|revisit|reconnect)(?: \w+){0,4} (?:later|next (?:year|quarter|month|week|spring|summer|fall|autumn|winter)|in (?:a few|a couple|\d+|two|three|six|the (?:new year|spring|fall|autumn|summer)|q[1-4]|january|february|march|april|may|june|july|august|september|october|november|december)|after |another time)|(?:too |very |really )?(?:busy|swamped|tied up) (?:right now|at the moment|currently|until|this)|no budget|(?:bad|wrong) timing|down the (?:road|line)|(?:next|in) (?:year|quarter|q[1-4])\b.{0,30}(?:again|better|instead)|already (?:have|under|in) (?:a )?contract until"
    r"|(?:derzeit|momentan|aktuell|zur ?zeit|im moment|gerade)(?: \w+){0,3} (?:nicht|kein\w*)|(?:später|nächstes jahr|nächstes quartal|im (?:frühjahr|herbst|januar)) (?:nochmal|noch einmal|wieder|erneut)|pas (?:pour le moment|maintenant|actuellement|en ce moment|tout de suite)|(?:plus tard|l'année prochaine|au prochain trimestre)|(?:ahora|por ahora|por el momento|de momento|en este momento)(?:,)? no\b|no (?:por ahora|en este momento|ahora)|más adelante|(?:no momento|por enquanto|agora)(?:,)? não|mais (?:tarde|para a frente)|(?:al momento|per ora|adesso|in questo momento)(?: \w+)? no\w*|più avanti|(?:op dit moment|momenteel|nu)(?: even)? (?:niet|geen)|(?:inte|ikke) (?:just )?(?:nu|lige nu|akkurat nå)|nie (?:teraz|w tej chwili)|(?:сейчас|пока|на данный момент) (?:не|нет)|позже|暂时不|目前不|以后再|今は|現在(?:は|のところ)|지금은|나중에"
)
_NOT_INTERESTED = (
    r"no longer (?:\w+ )?interested|(?:lost|losing) interest|(?:not|isn'?t|aren'?t|wasn'?t|never)(?: \w+){0,3} (?:interested|interest(?:ing)? (?:to|for)|relevant|a (?:good )?(?:fit|match)|looking (?:for|to)|something we|what we)|no(?:,)? thank(?:s| you)|no interest|(?:i'?ll|we'?ll|will|i|we|gonna|going to) pass\b|(?:don'?t|do not|no) need|(?:all|we'?re|i'?m|we are|i am) (?:set|good|covered)\b|not (?:really |quite |something )?for (?:us|me)|(?:already|currently) (?:have|use|using|work(?:ing)? with|happy|covered)|happy with (?:our|what|the)|(?:decline|declining)\b|no,? (?:we|i) (?:are|do|have)|waste of time"
    r"|kein(?:e)? interesse|nicht interessiert|kein bedarf|nein,? danke|brauchen (?:wir|das) nicht|pas (?:du tout )?intéress|non merci|aucun (?:besoin|intérêt)|pas besoin|no (?:estoy|estamos|me|nos) (?:interes)|no,? gracias|no (?:lo )?(?:necesit)|não (?:tenho|temos|estou|estamos|me) (?:interess)|não,? obrigad|non (?:sono|siamo|mi|ci) (?:interess)|no,? grazie|geen (?:interesse|behoefte)|niet geïnteresseerd|nee,? (?:bedankt|dank)|inte intresserad|nej,? tack|ikke interesser|nej,? tak|nei,? takk|ei kiitos|ei kiinnosta|nie (?:jestem|jesteśmy) zainteresowan|nie,? dziękuj|nemáme zájem|nemám zájem|nem érdekel|nu (?:sunt|mă) interes|не интерес|нет,? спасибо|не нужно|ilgilenmiyor|hayır,? teşekkür|不感兴趣|没有兴趣|沒興趣|不需要|不用了|興味(?:が|は)(?:あり|ない)|必要ありません|結構です|관심(?:이)? 없|필요 없"
)
_INTERESTED = (
    r"\binterested\b|(?:sounds|looks|seems) (?:\w+ )?(?:good|great|interesting|promising|perfect|useful)|(?:tell|send|share|give|show)(?: \w+)? (?:me|us) (?:\w+ ){0,2}(?:more|info\w*|details|pricing|a (?:quote|proposal|demo|deck|link|time)|some (?:times|info\w*|details|slots)|the (?:deck|details|link|pric\w+|proposal|offer|brochure))|(?:more|further|additional) (?:info\w*|details)|(?:would|i'?d|we'?d) (?:love|like|be (?:happy|glad|open|interested|keen)) to|let'?s (?:talk|chat|meet|do|schedule|set|book|connect|discuss|hop|jump|find)|(?:book|schedule|set up|arrange|have|hop on|jump on) (?:a|an) (?:\w+ )?(?:call|meeting|demo|chat|time)|(?:what|how) (?:\w+ ){0,3}(?:cost|price|pricing|much)|how much|(?:what'?s|what is|what are) (?:the|your) (?:pric|cost|rate|fee)|\bpricing\b|(?:can|could|are|would) (?:you|we) (?:\w+ ){0,3}(?:call|meet|available|talk|speak|chat|send|share|demo)|(?:i'?m|i am|we are|we'?re) (?:available|free|open)|(?:call|ring) me|when (?:can|could|would|are) (?:you|we)|\bworks for (?:me|us)\b|yes,? please|happy to (?:talk|chat|discuss|connect|learn|hear|meet)|(?:love|like|want|keen|open|curious|eager) to (?:learn|hear|know|see|talk|chat|discuss|try|explore)|sign (?:me|us) up|count me in|go ahead"
    r"|(?:klingt|hört sich) (?:\w+ )?(?:gut|interessant|spannend)|(?:bin|sind|wäre\w*|sehr) (?:\w+ )?interessiert|(?:habe|haben|hätte\w*) (?:\w+ )?interesse|(?:schicken|senden) sie (?:mir|uns)|mehr (?:informationen|infos|details)|was kostet|wie teuer|termin|gerne (?:ein|mehr|einen|telefon)|je suis (?:\w+ )?intéress|(?:m'|nous )intéress|(?:ça|cela) m.intéresse|(?:en savoir|dire) plus|plus d.informations|quel (?:est|sont) (?:le|vos|les) (?:prix|tarif)|combien|(?:estoy|estamos|me|nos) (?:\w+ )?interes|(?:suena|parece) (?:bien|interesante)|más (?:información|detalles)|cuánto (?:cuesta|vale)|(?:tenho|temos|estou|estamos|fiquei) (?:\w+ )?interess|mais (?:informações|detalhes)|quanto (?:custa|costa)|(?:sono|siamo|mi|ci) (?:\w+ )?interess|maggiori (?:informazioni|dettagli)|(?:ben|zijn|wel|heb) (?:\w+ )?(?:geïnteresseerd|interesse)|meer (?:informatie|info)|wat kost|klinkt (?:goed|interessant)|(?:är|låter) (?:\w+ )?intress|låter (?:bra|intressant)|(?:lyder|er) (?:\w+ )?(?:interess|spændende|godt)|kuulostaa|kiinnostunut|jestem zainteresowan|jesteśmy zainteresowan|brzmi (?:dobrze|ciekawie)|ile (?:to )?kosztuje|máme zájem|mám zájem|zní (?:dobře|zajímavě)|érdekel|интересно|интересует|расскажите|сколько стоит|пришлите|ilgileniyor|fiyat|感兴趣|有兴趣|多少钱|请发|興味があり|詳しく|詳細を|관심 있|관심이 있|자세히|얼마"
)

TABLE = (
    _row(ReplyClass.COMPLAINT, 0.9, _COMPLAINT),
    _row(
        ReplyClass.COMPLAINT,
        0.6,
        r"\b(?:this is|pure|stop (?:the|this|your)|fucking|just) spam\b|^\W*spam\W*$|\bspammer\b|das ist spam|c'est du spam|esto es spam",
        is_brief=True,
    ),
    _row(ReplyClass.UNSUBSCRIBE, 0.9, _UNSUBSCRIBE),
    _row(
        ReplyClass.UNSUBSCRIBE,
        0.9,
        r"^\W*(?:please |just |hey |hi )*(?:stop|fuck off|go away|get lost|leave me alone|remove|end|cancel|delete|quit|abmelden|baja|stopp)\W*$",
    ),
    _row(ReplyClass.WRONG_PERSON, 0.8, _WRONG),
    _row(ReplyClass.WRONG_PERSON, 0.8, _NAMES_SOMEBODY, is_cased=True),
    _row(ReplyClass.NOT_NOW, 0.8, _NOT_NOW),
    _row(ReplyClass.NOT_INTERESTED, 0.85, _NOT_INTERESTED),
    _row(
        ReplyClass.NOT_INTERESTED,
        0.7,
        r"^\W*(?:no|nope|nein|non|não|nee|nej|nei|ei|nie|ne|нет|不|いいえ|아니요)\W*$",
    ),
    _row(ReplyClass.INTERESTED, 0.75, _INTERESTED),
    _row(
        ReplyClass.INTERESTED,
        0.6,
        r"^\W*(?:yes|yep|sure|absolutely|definitely|ja|oui|sí|si|sim|tak|ano|да|好的|はい|네)\b\W*(?:please|bitte|s'il vous plaît)?\W*$",
    ),
)
# Said of what they do not mean, as far as a rule can see that.
_EXCEPT = {
    ReplyClass.UNSUBSCRIBE: re.compile(
        r"(?:do not|don'?t|never) (?:unsubscribe|remove)|(?:no need|not going) to unsubscribe|(?:unsubscribe|opt[- ]out) (?:rate|link in your|page|process)"
    ),
    ReplyClass.NOT_NOW: re.compile(r"not (?:now )?(?:or )?ever|if not now"),
    ReplyClass.NOT_INTERESTED: re.compile(r"why not|not only|if (?:you'?re |you are )?not interested"),
}


# What stands under our own messages, where a program quotes it without a mark.
_OURS = (opt_out_line(None).lower(), opt_out_line("").rstrip(" :").lower())

# What the link of a List-Unsubscribe header writes, and people who answer with the subject alone.
_ASKS_ITSELF = re.compile(
    r"\W*(?:re:\s*)?(?:(?:please )?unsubscribe(?: (?:me|please|request|from\b.{0,60}))?|remove me)\W*",
    re.IGNORECASE,
)


def read_reply(subject: str, words: str) -> Read:
    """The class of a person's answer; `words` is what the author wrote just now, without quotes and signature."""
    said = " ".join(words[:READ_AT_MOST].replace("’", "'").split())
    if _ASKS_ITSELF.fullmatch(subject) and len(said) < _SHORT:
        return Read(ReplyClass.UNSUBSCRIBE, Fact("Subject", subject), 0.9)
    lower = said.lower()
    for ours in _OURS:
        lower = lower.replace(ours, " ")
    for row in TABLE:
        if row.is_brief and len(said) > _SHORT:
            continue
        exception = _EXCEPT.get(row.reply_class)
        read = said if row.is_cased else lower
        match = row.pattern.search(read if exception is None else exception.sub(" ", read))
        if match is not None:
            return Read(row.reply_class, Fact("Words", match[0]), row.confidence)
    return Read(ReplyClass.OTHER, Fact("Words", "none that a rule knows"), 0.3)
