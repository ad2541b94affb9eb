// The sentences of the setting "notify this device" and of links to an alert, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  device_: ["Notifier cet appareil", "Notify this device"],
  deviceLead: ["Quand vous êtes d'astreinte, une notification paraît sur cet appareil, même console fermée. Elle dit le site, le numéro opaque du patient, la gravité, la règle et l'heure : jamais un nom, jamais une valeur.",
    "When you are on call, a notification appears on this device, even with the console closed. It says site, opaque patient number, severity, rule and time: never a name, never a value."],
  deviceLast: ["Elle s'arrête quand vous vous déconnectez de cet appareil. Sans session ouverte ici, elle paraît, mais le hub passe aussi au canal suivant.",
    "It ends when you log out on this device. Without an open session here it still appears, but the hub also goes on to the next channel."],
  device_on: ["Activé : cet appareil est notifié pour vous.", "On: this device is notified for you."],
  device_off: ["Désactivé : cet appareil n'est pas notifié.", "Off: this device is not notified."],
  device_other: ["Désactivé pour vous : l'inscription de cet appareil est celle d'un autre compte, ou elle est périmée. L'activer la remplace.",
    "Off for you: the subscription of this device is another account's, or out of date. Turning it on replaces it."],
  device_denied: ["Refusé par ce navigateur : les notifications de ce site y sont bloquées. Autorisez-les dans les réglages du site (près de l'adresse), puis rouvrez cette fenêtre.",
    "Denied by this browser: it blocks notifications of this site. Allow them in the site's settings (beside the address), then open this window again."],
  device_insecure: ["Impossible ici : la console doit être ouverte par une adresse https.", "Not possible here: the console must be opened by an https address."],
  device_unsupported: ["Impossible ici : ce navigateur ne reçoit pas de notifications d'un site. Sur iPhone et iPad, ajoutez d'abord la console à l'écran d'accueil.",
    "Not possible here: this browser takes no notifications from a site. On iPhone and iPad, add the console to the home screen first."],
  device_unset: ["Non configuré : ce hub n'a pas de clé de notification. Prévenir l'exploitant.", "Not configured: this hub has no key for notifications. Tell the operator."],
  device_unknown: ["État inconnu : le hub ne répond pas.", "State unknown: the hub does not answer."],
  device_asking: ["Un instant…", "One moment…"],
  deviceTurnOn: ["Activer", "Turn on"], deviceTurnOff: ["Désactiver", "Turn off"],
  deviceFailed: ["Rien n'a changé : {0}", "Nothing has changed: {0}"],
  linkNone: ["Cette alerte n'existe pas dans votre cercle de soins.", "There is no such alert in your circle of care."],
  linkClosed: ["Cette alerte est close.", "This alert is closed."],
});
