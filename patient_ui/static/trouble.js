// A refused or unreachable call in words, beside the form that made it.

import { Unreachable } from "./api.js";
import { t } from "./words.js";

export const troubleWords = (error) => (error instanceof Unreachable ? t("needsNetwork") : error.message);
