"""How mail programs introduce what they quote, and how people sign, in the languages that most mail is written in."""

import re

# "On Monday, Ann wrote:": the verb decides, for the rest of the line differs with every program.
_WROTE = (
    r"wrote|writes|schrieb|schreef|a écrit|a ecrit|escribió|escribio|escribiu|escreveu|ha scritto|napsal(?:\(a\))?"
    r"|napisał(?:\(a\)|a)?|nadesłał|skrev|kirjoitti|írta|a scris|написал(?:\(а\)|а|и)?|пишет|написав(?:\(ла\))?"
    r"|schrëif|έγραψε|şunu yazdı|yazdı|כתב(?:ה)?|كتب|写道|寫道|のメール|が書きました|님이 작성|작성|đã viết|menulis|kirjutas|rašė"
)
INTRODUCTION = re.compile(
    rf"(?:\b(?:{_WROTE})\b|写道|寫道|님이 작성).{{0,80}}[:：]\s*$|.*<\S{{3,80}}@\S{{3,80}}>\s?[:：]$",
    re.IGNORECASE,
)
# Without a verb that is known: a year or a time, and a colon at the end, right above a quote.
LOOSE_INTRODUCTION = re.compile(r"(?=.*(?:\b(?:19|20)\d\d\b|\d[:.h]\d\d|@)).{5,400}[:：]\s*$")

_FROM = (
    r"from|von|de|da|van|od|från|fra|lähettäjä|feladó|expéditeur|от|від|from|kimden|gönderen|差出人|发件人|寄件者"
    r"|보낸\s?사람|מאת|من|từ|dari|από|mittente|remitente"
)
_OTHER_FIELDS = (
    r"sent|to|cc|subject|date|reply-to|gesendet|datum|an|betreff|antwort an|envoyé|date|à|objet|enviado(?: el)?|para|asunto"
    r"|fecha|inviato|a|oggetto|data|verzonden|aan|onderwerp|enviada(?: em)?|assunto|enviado em|skickat|till|ämne|sendt|til"
    r"|emne|lähetetty|vastaanottaja|aihe|wysłano|do|temat|dw|odesláno|komu|předmět|elküldve|címzett|tárgy|trimis|către|subiect"
    r"|отправлено|дата|кому|тема|надіслано|gönderildi|kime|konu|tarih|送信日時|日付|宛先|件名|发送时间|收件人|抄送|主题|日期"
    r"|寄件日期|收件者|主旨|보낸\s?날짜|받는\s?사람|제목|참조|נשלח|אל|נושא|التاريخ|إلى|الموضوع"
)
FROM_FIELD = re.compile(rf"^[>\s*]*(?:{_FROM})\s?\*?[:：]\*?\s*\S", re.IGNORECASE)
OTHER_FIELD = re.compile(rf"^[>\s*]*(?:{_OTHER_FIELDS})\s?\*?[:：]\*?", re.IGNORECASE)
SEPARATOR = re.compile(r"^\s*[-_=*]{2,40}\s*[^\W\d_][^-_=]{3,60}\s*[-_=*]{2,40}\s*$")
ORIGINAL = re.compile(
    r"origin|ursprüng|forward|weitergeleit|transf|mensaje|message|messaggio|bericht|reenvi|inoltrat|doorgestuurd|wiadomo"
    r"|сообщени|пересыла|原始|转发|轉寄|元のメッセージ|원본|vidarebefordrat|videresendt|välitetty|iletilen",
    re.IGNORECASE,
)
SENT_FROM = re.compile(
    r"^\s*(?:sent (?:from|via|with) (?:my |yahoo|outlook|mail|proton|gmail|a mobile|samsung|the new)"
    r"|get outlook for|von meinem .{1,30} gesendet|gesendet (?:von|mit) |diese nachricht wurde von meinem"
    r"|envoyé (?:de|depuis) |enviado (?:desde|do|de) |inviato (?:da|dal) |verzonden (?:vanaf|met) |wysłane? z "
    r"|skickat från |sendt fra |lähetetty |отправлено (?:с|из) |iphone'?umdan|gönderildi: |从我的.{1,20}发送|发自我的"
    r"|iphoneから送信|나의 .{1,20}에서 보냄|odesláno z |trimis de pe |küldve )\s?\S",
    re.IGNORECASE,
)
_NOT_A_DEVICE = 6  # words: "Sent from my desk, which is easier than a phone." is a sentence
SIGN_OFF = re.compile(
    r"^\s*(?:(?:kind|best|warm|many|with kind|with best)(?:est)? (?:regards|wishes)|regards|best|cheers|sincerely(?: yours)?"
    r"|yours (?:sincerely|truly|faithfully)|all the best|thanks|thank you|many thanks|thx"
    r"|(?:mit )?(?:freundlichen|besten|herzlichen|lieben|vielen)? ?(?:grüßen|grüßen|gruß|grüße|gruss|grüsse)"
    r"|(?:viele|beste|liebe|schöne|herzliche) (?:grüße|grüsse|gruesse)|mfg|vg|lg|danke"
    r"|(?:bien )?cordialement|bien à vous|salutations|(?:un )?(?:cordial )?saludos?|atentamente|gracias|un saludo"
    r"|cordiali saluti|distinti saluti|saluti|grazie|met vriendelijke groet(?:en)?|groet(?:en|jes)?|mvg"
    r"|atenciosamente|cumprimentos|abraços?|obrigad[oa]|med vänliga? hälsning(?:ar)?|vänligen|mvh|med venlig hilsen"
    r"|z poważaniem|pozdrawiam|с уважением|s pozdravem|üdvözlettel|saygılarımla|敬具|此致|감사합니다)\s*[,.!]?\s*$",
    re.IGNORECASE,
)
DISCLAIMER = re.compile(
    r"^\W*(?:(?:confidentiality|legal|privacy|important|privileged)[ \w/&]{0,40}(?:notice|note|disclaimer|information)\b|disclaimer\b"
    r"|th(?:is|e information in this) (?:e-?mail|message|communication)(?: and| is|,| may| contains?)"
    r"|diese e-?mail (?:enthält|und)|ce (?:message|courriel) (?:et|est|peut)|este (?:mensaje|correo|e-?mail) (?:y|es|puede)"
    r"|questa e-?mail|dit bericht|esta mensagem)",
    re.IGNORECASE,
)


def is_device_line(line: str) -> bool:
    """Whether a program wrote this line under a message: "Sent from my iPhone"."""
    return SENT_FROM.match(line) is not None and len(line.split()) <= _NOT_A_DEVICE + 2 * ("http" in line)
