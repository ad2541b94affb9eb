"""What is consented to, in plain words, with the version of the text. A changed text is a new version, and asked again.

Every text NEEDS SIGN-OFF by the site (clinical lead and data protection officer) before a patient relies on it.
"""

VERSION = "1"

TEXTS: dict[str, dict[str, str]] = {
    "follow-up": {
        "fr": "Vos mesures, vos réponses et vos prises sont envoyées à votre équipe d'hospitalisation à domicile, qui s'en sert pour vous suivre. Ce n'est pas un service d'urgence : en cas d'urgence, appelez le 15 ou le 112.",  # noqa: E501
        "en": "Your measurements, answers and doses are sent to your hospital-at-home team, who use them to follow you. This is no emergency service: in an emergency, call 15 or 112.",  # noqa: E501
    },
    "reminders": {
        "fr": "L'application peut vous rappeler ce qui est à faire, au plus deux fois par jour, jamais la nuit. Le rappel ne dit rien de votre santé.",  # noqa: E501
        "en": "The app may remind you of what is to be done, at most twice a day, never at night. The reminder says nothing of your health.",  # noqa: E501
    },
    "answer": {
        "fr": "Cette personne peut saisir des mesures, des réponses et des prises pour vous. Il est noté que c'est elle qui a répondu.",  # noqa: E501
        "en": "This person may enter measurements, answers and doses for you. It is noted that they answered.",
    },
    "see": {
        "fr": "Cette personne peut voir vos mesures, vos réponses et les conseils qui vous sont donnés.",
        "en": "This person may see your measurements, your answers and the advice you are given.",
    },
    "be_told": {
        "fr": "Cette personne peut recevoir des rappels de ce qui est à faire pour vous.",
        "en": "This person may be reminded of what is to be done for you.",
    },
}
