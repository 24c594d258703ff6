"""What mail programs and hosts call the special folders in thirty languages (compare RFC 6154, which has flags)."""

_INBOX = """
en Inbox
de Posteingang
fr Boîte de réception
es Bandeja de entrada
it Posta in arrivo
nl Postvak IN
pt Caixa de Entrada, A receber
sv Inkorgen
da Indbakke
nb Innboks
fi Saapuneet
pl Skrzynka odbiorcza, Odebrane
cs Doručená pošta
hu Beérkezett üzenetek
ro Mesaje primite
ru Входящие
uk Вхідні
el Εισερχόμενα
tr Gelen Kutusu
he תיבת דואר נכנס
ar علبة الوارد
ja 受信トレイ
zh 收件箱, 收件匣
ko 받은 편지함
vi Hộp thư đến
id Kotak Masuk
"""

_SENT = """
en Sent, Sent Items, Sent Mail, Sent Messages
de Gesendet, Gesendete Elemente, Gesendete Objekte
fr Envoyés, Éléments envoyés, Messages envoyés
es Enviados, Elementos enviados
it Posta inviata, Inviata, Inviati
nl Verzonden items, Verzonden berichten, Verzonden
pt Itens Enviados, Enviados, E-mails enviados, Enviadas
sv Skickat, Skickade objekt
da Sendt post, Sendt, Sendte
nb Sendte elementer, Sendt
fi Lähetetyt
pl Elementy wysłane, Wysłane
cs Odeslaná pošta, Odeslané
sk Odoslaná pošta, Odoslané
hu Elküldött elemek, Elküldött üzenetek
ro Elemente trimise, Trimise, Mesaje trimise
ru Отправленные
uk Надіслані
el Απεσταλμένα
tr Gönderilmiş Öğeler, Gönderilmiş
he פריטים שנשלחו, נשלח
ar العناصر المرسلة, المرسلة
ja 送信済みアイテム, 送信済み, 送信済みメール
zh 已发送邮件, 已发送, 寄件備份
ko 보낸 편지함
vi Thư đã gửi, Đã gửi
id Item Terkirim, Terkirim
"""

_JUNK = """
en Junk, Junk Email, Junk E-mail, Spam, Bulk Mail, Bulk
de Junk-E-Mail, Spam, Spamverdacht
fr Courrier indésirable, Indésirables, Pourriel
es Correo no deseado, Correo basura
it Posta indesiderata, Indesiderata
nl Ongewenste e-mail, Ongewenst
pt Lixo Eletrônico, Spam, Correio Publicitário Não Solicitado, Lixo eletrónico
sv Skräppost, Skräp
da Uønsket mail, Uønsket post
nb Søppelpost, Uønsket e-post
fi Roskaposti
pl Wiadomości-śmieci, Niechciane
cs Nevyžádaná pošta, Nevyžádaná
sk Nevyžiadaná pošta
hu Levélszemét, Kéretlen
ro E-mail nedorit, Mesaje nedorite
ru Нежелательная почта, Спам
uk Небажана пошта, Спам
el Ανεπιθύμητη αλληλογραφία, Ανεπιθύμητα
tr Gereksiz, Önemsiz, İstenmeyen
he דואר זבל, זבל
ar البريد الإلكتروني غير الهام, غير المرغوب
ja 迷惑メール
zh 垃圾邮件, 垃圾郵件, 垃圾電郵, 垃圾
ko 정크 메일, 스팸
vi Thư rác
id Email Sampah, Sampah
"""

_TRASH = """
en Trash, Deleted Items, Deleted Messages, Bin
de Papierkorb, Gelöschte Elemente, Gelöscht
fr Corbeille, Éléments supprimés, Poubelle
es Papelera, Elementos eliminados
it Posta eliminata, Elementi eliminati, Cestino
nl Verwijderde items, Prullenbak
pt Itens Excluídos, Lixeira, Itens eliminados, Lixo, Reciclagem
sv Borttaget, Papperskorgen
da Slettet post, Slettede elementer, Papirkurv
nb Slettede elementer, Slettet, Papirkurv
fi Poistetut, Roskakori
pl Elementy usunięte, Usunięte, Kosz
cs Odstraněná pošta, Koš
sk Odstránená pošta, Kôš
hu Törölt elemek, Kuka, Lomtár
ro Elemente șterse, Coș de gunoi
ru Удаленные, Удалённые, Корзина
uk Видалені, Кошик
el Διαγραμμένα, Κάδος απορριμμάτων
tr Silinmiş Öğeler, Çöp
he פריטים שנמחקו, אשפה
ar العناصر المحذوفة, المهملات
ja 削除済みアイテム, ゴミ箱, ごみ箱
zh 已删除邮件, 回收站, 刪除的郵件, 已刪除項目, 垃圾桶
ko 지운 편지함, 휴지통
vi Mục đã xóa, Thùng rác
id Item Dihapus
"""

_DRAFTS = """
en Drafts, Draft
de Entwürfe
fr Brouillons
es Borradores
it Bozze
nl Concepten
pt Rascunhos
sv Utkast
da Kladder
nb Utkast, Kladder
fi Luonnokset
pl Kopie robocze, Wersje robocze, Szkice
cs Koncepty, Rozepsané
sk Koncepty
hu Piszkozatok, Vázlatok
ro Schițe, Ciorne
ru Черновики
uk Чернетки
el Πρόχειρα
tr Taslaklar
he טיוטות
ar المسودات
ja 下書き
zh 草稿, 草稿箱
ko 임시 보관함
vi Thư nháp, Bản thảo
id Draf
"""

_GENERIC = """
mail mails e-mail e-mails email emails items item messages message folder
elemente objekte nachrichten éléments elementos elementi messaggi messages itens mensagens
objekt poster berichten elementer elementy wiadomości položky elemek üzenetek mesaje
письма элементы сообщения листи повідомлення öğeler
"""


def _names(table: str) -> frozenset[str]:
    rows = (line.partition(" ")[2] for line in table.strip().splitlines())
    return frozenset(name.strip() for row in rows for name in row.split(","))


NAMES = {
    "\\inbox": _names(_INBOX),
    "\\sent": _names(_SENT),
    "\\junk": _names(_JUNK),
    "\\trash": _names(_TRASH),
    "\\drafts": _names(_DRAFTS),
}
GENERIC_WORDS = frozenset(_GENERIC.casefold().split())
