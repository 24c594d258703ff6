"""How people say that they are away, for a while or for good, in the languages that most mail is written in.

The two long patterns read text in lower case: to ignore the case takes four times as long.
"""

import re

AWAY_SUBJECT = re.compile(
    r"^\W*(?:out[- ]of[- ](?:the[- ])?office|ooo\b|on vacation|on (?:annual |parental |maternity |paternity |sick )?leave|away from (?:the |my )?(?:office|desk|mail)|vacation (?:reply|notice|response|message)|i(?:'m| am) (?:away|out|on)"
    r"|abwesen|nicht im (?:büro|haus)|urlaub|(?:je suis )?absent|absence|en congés?|message d.absence|fuera de (?:la )?oficina|ausen(?:te|cia)|ausência|fora do escritório|fuori (?:sede|ufficio)|assenza|assente|afwezig|buiten kantoor|met vakantie|frånvaro|semester|fraværs?|poissa"
    r"|nieobecno|poza biurem|nepřítomnost|mimo kancelář|házon kívül|távollét|absent de la birou|нет на месте|(?:я )?в отпуске|отсутств|вне офиса|ofis dışında|εκτός γραφείου|不在|外出|休假|休暇|出張|부재|휴가|di luar kantor|vắng mặt)",
    re.IGNORECASE,
)
AWAY = re.compile(
    r"out[- ]of[- ](?:the[- ])?office|(?:i am|i'm|i will be|i'll be|currently|we are) (?:\w+ )?(?:away|out of|on (?:\w+ )?(?:leave|vacation|holiday|pto)|on a business trip|travell?ing|unavailable)|(?:limited|no|intermittent|without|restricted) access to (?:my )?(?:e-?mail|messages)|on (?:annual|parental|maternity|paternity|sick|extended|medical) leave|(?:will be |i'?m )?back (?:in the office|at my desk|at work) on"
    r"|(?:office|we) (?:is|are|will be) closed (?:from|until|for|between)|(?:i will|i'll|will) (?:be )?(?:return|back)(?:ing)? (?:to (?:the|my) (?:office|desk|work) )?on|abwesend|nicht im (?:büro|haus)|außer haus|im urlaub|nicht erreichbar|ab dem .{3,30} wieder (?:erreichbar|im|für sie)|abwesenheitsnotiz"
    r"|(?:je suis|serai|suis) (?:\w+ )?(?:absente?|en congés?|en vacances|en déplacement)|absente? (?:du bureau|jusqu)|de retour (?:le|au bureau)|fuera de (?:la )?oficina|estoy (?:\w+ )?(?:ausente|de vacaciones|de baja)|estaré (?:\w+ )?(?:fuera|ausente|de vacaciones)|fora do escritório|estou (?:\w+ )?(?:ausente|de férias|fora)|estarei (?:\w+ )?(?:ausente|de férias|fora)"
    r"|(?:sono|sarò) (?:\w+ )?(?:assente|in ferie|fuori (?:sede|ufficio))|(?:ik ben|ben ik) .{0,30}(?:afwezig|met (?:vakantie|verlof)|niet aanwezig|niet op kantoor|buiten kantoor)|wegens vakantie|på semester|inte på kontoret|är tillbaka|på ferie|ikke på kontoret|er tilbage|tilbake på kontoret|lomalla|poissa toimistolta|poza biurem|na urlopie|jestem nieobecn|będę nieobecn|mimo kancelář|na dovolené|nejsem přítom"
    r"|szabadságon|házon kívül|nem vagyok (?:az irod|elér)|в отпуске|отсутству(?:ю|ет)|нет на рабочем месте|не в офисе|у відпустці|ofis(?:te|imde) (?:değil|olma)|izinde|yıllık izin|休假|外出|不在办公室|正在度假|不在(?:に|の|と|して|です|期間|中)|休暇|出張中|부재중|휴가|출장|không có mặt|đang nghỉ|sedang cuti"
)
LEFT = re.compile(
    r"(?:no longer|not any ?(?:more|longer)|ceased to) (?:\w+ ){0,3}(?:work(?:s|ing)?|employed|with (?:the company|us|our|\w+)|at (?:the company|\w+)|part of)|(?:has|have) left (?:the )?(?:company|organi[sz]ation|firm|team|\w+)\b(?! (?:a|the|my|for) (?:message|office))|left the (?:company|organi[sz]ation|firm)|(?:is|are) no longer (?:an? )?(?:employee|member of)|(?:e-?mail|address|mailbox|account) (?:\S+ )?is no longer (?:monitored|in use|active|valid|used|checked)|last day (?:at|with|was)"
    r"|nicht mehr (?:im unternehmen|bei|für|beschäftigt|tätig|in unserem)|(?:unternehmen|firma|haus) verlassen|(?:n'est|ne fait|ne travaille) plus (?:partie|dans|parmi|chez|au)|a quitté (?:la|l'|notre|l’)|ya no (?:trabaja|forma parte|está con|labora)|não (?:trabalha|faz) mais|já não (?:trabalha|faz)|non (?:lavora|fa) più|ha lasciato (?:l'|la |il )|niet (?:meer|langer) (?:werkzaam|in dienst|bij)|arbetar inte längre|har slutat|ikke længere ansat|jobber ikke lenger|nie pracuje już|już nie pracuje|již (?:u nás )?nepracuje|больше не работает|уволил(?:ся|ась)|已离职|已经离职|不再(?:任职|工作)|退職(?:いたし|しまし|した)|퇴사"
)
