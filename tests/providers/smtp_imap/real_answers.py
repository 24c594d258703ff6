"""What well-known servers really answer, and which failure each answer is."""

from nimbus.rules.connection_failure import FailureCode as F

MICROSOFT_IMAP = "outlook.office365.com"
OTHER = "mail.example.com"
UNSUCCESSFUL = b"535 5.7.139 Authentication unsuccessful, "

SIGN_IN = [
    (
        (
            b"534-5.7.9 Application-specific password required. For more information, go to\n"
            b"534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor 5b1f17b1 - gsmtp"
        ),
        F.APP_PASSWORD,
    ),
    (
        (
            b"535-5.7.8 Username and Password not accepted. For more information, go to\n"
            b"535 5.7.8  https://support.google.com/mail/?p=BadCredentials 5b1f17b1 - gsmtp"
        ),
        F.AUTH_FAILED,
    ),
    (
        (
            b"534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1&x=1> Please log in via your web browser\n"
            b"534 5.7.14  Learn more at https://support.google.com/mail/answer/78754 5b1f17b1 - gsmtp"
        ),
        F.WEB_LOGIN,
    ),
    (b"454 4.7.0 Too many login attempts, please try again later. 5b1f17b1 - gsmtp", F.TOO_MANY_LOGINS),
    (b"421 4.7.0 Try again later, closing connection. (EHLO) 5b1f17b1 - gsmtp", F.TOO_MANY_LOGINS),
    (
        UNSUCCESSFUL + b"SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/x",
        F.USE_OAUTH,
    ),
    (
        UNSUCCESSFUL + b"SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/x",
        F.USE_OAUTH,
    ),
    (
        UNSUCCESSFUL + b"basic authentication is disabled. [AM0PR01CA0001.eurprd01.prod.exchangelabs.com]",
        F.USE_OAUTH,
    ),
    (UNSUCCESSFUL + b"the user credentials were incorrect. [AM0PR01CA0001]", F.AUTH_FAILED),
    (
        UNSUCCESSFUL + b"the request did not meet the criteria to be authenticated successfully.",
        F.CONTACT_ADMIN,
    ),
    (UNSUCCESSFUL + b"user is locked by your organization's security defaults policy.", F.USE_OAUTH),
    (b"535 5.7.3 Authentication unsuccessful [AM0PR01CA0001]", F.AUTH_FAILED),
    (b"550 5.7.30 Basic authentication is not supported for Client Submission.", F.USE_OAUTH),
    (
        b"432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
        F.TOO_MANY_LOGINS,
    ),
    (b"535 5.7.0 (#AUTH005) Too many bad auth attempts.", F.TOO_MANY_LOGINS),
    (b"535 5.7.0 (#MBR1212) Incorrect username or password.", F.AUTH_FAILED),
    (b"535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", F.AUTH_FAILED),
    (
        b"454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        F.AUTH_TEMPORARY,
    ),
    (b"503 5.5.1 Error: authentication not enabled", F.AUTH_NOT_OFFERED),
    (b"530 5.7.0 Must issue a STARTTLS command first", F.STARTTLS_REQUIRED),
    (b"538 5.7.11 Encryption required for requested authentication mechanism", F.STARTTLS_REQUIRED),
    (b"535 Incorrect authentication data", F.AUTH_FAILED),
    (b"535 Authentication failed. Restarting authentication process.", F.AUTH_FAILED),
    (b"504 5.7.4 Unrecognized authentication type", F.AUTH_NOT_OFFERED),
    (b"534 5.7.9 Authentication mechanism is too weak", F.AUTH_NOT_OFFERED),
    (b"432 4.7.12 A password transition is needed", F.PASSWORD_EXPIRED),
    (b"525 5.7.13 User account disabled", F.CONTACT_ADMIN),
]

MESSAGE = [
    (
        "MAIL",
        b"530-5.7.0 Authentication Required. For more information, go to\n530 5.7.0 https://x",
        F.AUTH_FAILED,
    ),
    (
        "MESSAGE",
        b"550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n550 5.4.5 x",
        F.SENDING_LIMIT,
    ),
    ("MESSAGE", b"550 5.7.1 Daily SMTP relay limit exceeded for customer.", F.SENDING_LIMIT),
    ("MESSAGE", b"550 5.7.233 Tenant external recipient rate limit exceeded", F.SENDING_LIMIT),
    ("MAIL", b"530 5.7.57 Client not authenticated to send mail. [AM0PR01CA0001]", F.AUTH_FAILED),
    (
        "MESSAGE",
        b"554 5.2.252 SendAsDenied; ann@contoso.example not allowed to send as bob@x",
        F.SENDER_REFUSED,
    ),
    ("MAIL", b"553 5.7.1 <ann@alpha.test>: Sender address rejected: not owned by user bob", F.SENDER_REFUSED),
    ("MAIL", b"550 Sender verify failed", F.SENDER_REFUSED),
    ("MAIL", b"501 5.1.7 Bad sender address syntax", F.SENDER_REFUSED),
    ("MAIL", b"451 4.3.0 Error: queue file write error", F.TEST_DEFERRED),
    (
        "RCPT",
        b"550-5.1.1 The email account that you tried to reach does not exist.\n550 5.1.1 x - gsmtp",
        F.TEST_REFUSED,
    ),
    (
        "RCPT",
        b"452-4.2.2 The recipient's inbox is out of storage space\n452 4.2.2 x OverQuotaTemp",
        F.TEST_DEFERRED,
    ),
    (
        "RCPT",
        b"450-4.2.1 The user you are trying to contact is receiving mail at a rate\n450 4.2.1 x",
        F.TEST_DEFERRED,
    ),
    ("RCPT", b"550 5.4.1 Recipient address rejected: Access denied. [AM0EUR05FT004]", F.TEST_REFUSED),
    ("RCPT", b"451 4.7.500 Server busy. Please try again later from [192.0.2.10]. (S77714)", F.TEST_DEFERRED),
    (
        "MESSAGE",
        b"550-5.7.26 Your email has been blocked because the sender is unauthenticated.\n550 5.7.26 x",
        F.TEST_REFUSED,
    ),
    ("MESSAGE", b"550 5.1.8 Access denied, bad outbound sender", F.SENDER_BLOCKED),
    (
        "MESSAGE",
        b"550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.",
        F.SENDER_BLOCKED,
    ),
    ("MESSAGE", b"421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred", F.TEST_DEFERRED),
    ("MESSAGE", b"554 5.7.9 Message not accepted for policy reasons.", F.TEST_REFUSED),
    (
        "DATA",
        b"550 5.7.515 Access denied, sending domain does not meet the required authentication",
        F.TEST_REFUSED,
    ),
]

IMAP_SIGN_IN = [
    (OTHER, b"NO [AUTHENTICATIONFAILED] Authentication failed.", F.AUTH_FAILED),
    (
        OTHER,
        b"NO [UNAVAILABLE] Temporary authentication failure. [mail:2026-10-01 12:00:00]",
        F.AUTH_TEMPORARY,
    ),
    (
        OTHER,
        b"NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833",
        F.APP_PASSWORD,
    ),
    (OTHER, b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", F.AUTH_FAILED),
    (OTHER, b"NO [WEBALERT https://accounts.google.com/signin/continue?x] Web login required.", F.WEB_LOGIN),
    (
        OTHER,
        b"NO [ALERT] Please log in via your web browser: https://support.google.com/x (Failure)",
        F.WEB_LOGIN,
    ),
    (OTHER, b"NO [ALERT] Too many simultaneous connections. (Failure)", F.TOO_MANY_LOGINS),
    (OTHER, b"NO [ALERT] Account exceeded command or bandwidth limits.", F.TOO_MANY_LOGINS),
    (OTHER, b"NO [ALERT] Your account is not enabled for IMAP use. Please visit your settings", F.IMAP_OFF),
    (MICROSOFT_IMAP, b"NO LOGIN failed.", F.USE_OAUTH),
    (MICROSOFT_IMAP, b"NO AUTHENTICATE failed.", F.USE_OAUTH),
    (OTHER, b"NO LOGIN failed.", F.AUTH_FAILED),
    (OTHER, b"NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials", F.AUTH_FAILED),
    (
        OTHER,
        b"NO [AUTHENTICATIONFAILED] (#AUTH901) The provided OAuth2 access token is invalid",
        F.AUTH_FAILED,
    ),
    (OTHER, b"NO [LIMIT] Rate limit hit", F.TOO_MANY_LOGINS),
    (
        OTHER,
        b"NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure connections",
        F.STARTTLS_REQUIRED,
    ),
    (OTHER, b"NO [EXPIRED] That password isn't valid any more", F.PASSWORD_EXPIRED),
    (OTHER, b"NO [CONTACTADMIN] Ask your administrator", F.CONTACT_ADMIN),
    (OTHER, b"NO [AUTHORIZATIONFAILED] You may not do that", F.CONTACT_ADMIN),
    (OTHER, b"NO [INUSE] Mailbox is locked", F.AUTH_TEMPORARY),
    (OTHER, b"BAD User is authenticated but not connected.", F.IMAP_OFF),
    (OTHER, b"BAD Authentication failed", F.AUTH_FAILED),
    (OTHER, b"BYE Too many connections", F.TOO_MANY_LOGINS),
    (OTHER, b"BYE Disconnected for inactivity.", F.CLOSED),
]

IMAP_FOLDER = [
    (b"NO [NONEXISTENT] Mailbox doesn't exist: Inboxx (0.001 + 0.000 secs).", F.FOLDER),
    (b"NO [TRYCREATE] Unknown Mailbox: Inboxx (now in authenticated state) (Failure)", F.FOLDER),
    (b"NO Inboxx doesn't exist.", F.FOLDER),
    (b"NO [NOPERM] Permission denied", F.FOLDER),
    (b"BAD User is authenticated but not connected.", F.IMAP_OFF),
    (b"NO [SERVERBUG] Internal error occurred.", F.TURNED_AWAY),
]
