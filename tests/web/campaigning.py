"""What the forms of a campaign send."""

SETTINGS = {
    "name": "Spring",
    "campaign_type": "nurture",
    "min_health_score": "65",
    "book": "",
    "days": ["0", "6"],
    "opens": "08:30",
    "closes": "00:00",
    "timezone": "Asia/Kolkata",
}


def steps(*rows):
    """What the form of the steps sends."""
    usual = {"delay_days": "0", "subject": "", "body": "", "html": ""}
    return {
        f"steps-{at}-{name}": value for at, row in enumerate(rows) for name, value in (usual | row).items()
    }
