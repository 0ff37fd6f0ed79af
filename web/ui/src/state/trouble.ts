// What went wrong, in a sentence for whoever looks.
import { Refused } from "../api/ask";
import { t } from "./preferences";

/** The worker's own words, which are English, or that it says nothing. */
export function detailOf(error: unknown): string {
  if (!(error instanceof Refused)) return String(error);
  return error.isUnanswered ? t("healthUnknown") : error.message;
}
