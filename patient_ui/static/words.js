// Which language is on, and the sentences of the first view. Those of the pages are added by page-words.js.

const WORDS = {
  signIn: ["Se connecter", "Sign in"], username: ["Identifiant", "User name"], password: ["Mot de passe", "Password"],
  haveCode: ["J'ai reçu un code", "I received a code"], haveAccount: ["J'ai déjà un compte", "I already have an account"],
  welcome: ["Bienvenue", "Welcome"],
  claimLead: ["Votre équipe vous a donné un code de 8 lettres et chiffres. Il ne sert qu'une fois.", "Your team gave you a code of 8 letters and digits. It works once only."],
  code: ["Code", "Code"], codeHint: ["Par exemple K7MQ-2X4P", "For example K7MQ-2X4P"],
  newPassword: ["Choisissez un mot de passe", "Choose a password"],
  newPasswordHint: ["12 caractères au moins : trois mots qui ne vont pas ensemble, par exemple.", "At least 12 characters: three words that do not belong together, for example."],
  showPassword: ["Voir le mot de passe", "Show the password"],
  start: ["Commencer", "Begin"],
  otp: ["Code de sécurité", "Security code"], otpHint: ["Les 6 chiffres de votre application d'authentification", "The 6 digits of your authenticator app"],
  otpAsked: ["Votre compte demande aussi un code de sécurité.", "Your account also asks for a security code."],
  otherLanguage: ["English", "Français"],
  notDevice: ["Ce logiciel n'est pas un dispositif médical certifié.", "This software is not a certified medical device."],
  emergency: ["Urgence : appelez le 15 ou le 112.", "Emergency: call 15 or 112."],
  noNetworkLogin: ["Pas de réseau. Il en faut pour se connecter la première fois.", "No network. It is needed to sign in the first time."],
  tooMany: ["Trop d'essais. Attendez {0} secondes.", "Too many attempts. Wait {0} seconds."],
  wrongLogin: ["L'identifiant ou le mot de passe n'est pas bon.", "The user name or the password is not right."],
  wrongOtp: ["Ce code de sécurité n'est pas bon, ou plus bon. Prenez le suivant.", "This security code is not right, or no longer. Take the next one."],
  codeUnknown: ["Ce code n'existe pas. Vérifiez-le, ou demandez-en un autre à votre équipe.", "This code does not exist. Check it, or ask your team for another one."],
  codeUsed: ["Ce code a déjà servi. Connectez-vous, ou demandez-en un autre à votre équipe.", "This code was used already. Sign in, or ask your team for another one."],
  codeLate: ["Ce code n'est plus valable. Demandez-en un autre à votre équipe.", "This code is no longer valid. Ask your team for another one."],
  passwordBad: ["12 caractères au moins, dont 5 différents, et pas votre identifiant.", "At least 12 characters, 5 of them different, and not your user name."],
  needed: ["À remplir", "Please fill in"],
  yourName: ["Votre identifiant", "Your user name"],
  writeDown: ["Notez-le : il vous sera demandé si vous vous déconnectez.", "Write it down: you will be asked for it if you sign out."],
  goOn: ["Continuer", "Continue"], loading: ["Un instant…", "One moment…"],
  failed: ["Cela n'a pas marché : {0}", "That did not work: {0}"],
  endedLead: ["Votre connexion a pris fin. Ce que vous avez saisi est gardé sur cet appareil et partira après la connexion.", "Your session has ended. What you entered is kept on this device and will be sent once you have signed in."],
};

const KEPT = "vigie-app.language";
let on = ["fr", "en"].includes(localStorage.getItem(KEPT)) ? localStorage.getItem(KEPT) : /^fr\b/i.test(navigator.language) ? "fr" : "en";
document.documentElement.lang = on;

export const language = () => on;
export function setLanguage(name) {
  on = name === "fr" ? "fr" : "en";
  localStorage.setItem(KEPT, on);
  document.documentElement.lang = on;
}
export const add = (words) => Object.assign(WORDS, words);
/** A sentence in the language that is on; {0}, {1} are replaced. */
export function t(name, ...given) {
  const words = WORDS[name];
  if (!words) throw new Error(`no words for ${name}`);
  const text = on === "fr" ? words[0].replace(/ (?=[:?!;»])/g, "\u00a0") : words[1];  // French keeps such signs on the line
  return text.replace(/\{(\d)\}/g, (_, place) => String(given[place] ?? ""));
}
/** A text of the hub: {fr, en}. */
export const said = (words) => (words ? words[on] ?? words.fr ?? words.en ?? "" : "");
/** One or many: plural("entries", 3) takes entriesOne or entriesMany. */
export const plural = (name, count) => t(`${name}${count === 1 || (on === "fr" && count === 0) ? "One" : "Many"}`, count);
