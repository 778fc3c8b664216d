import { hasControlCharacters, ONE_LINE_PATTERN } from '../../common/plain-text';
import { labelFault } from './label-fault';
import { isMessageKey, MESSAGE_KEYS } from './message-files';

const LONGEST_LABEL = 200;

/** For the documents: the messages that can be replaced. */
export const LABELS = Object.fromEntries(
  MESSAGE_KEYS.map((key) => [
    key,
    { type: 'string' as const, minLength: 1, maxLength: LONGEST_LABEL, pattern: ONE_LINE_PATTERN },
  ]),
);

/** What is wrong with a caller's labels, as the message of their field; `undefined` for nothing. */
export function labelProblem(labels: unknown): string | undefined {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    return 'labels must be an object of message keys to texts';
  for (const [key, text] of Object.entries(labels)) {
    if (!isMessageKey(key)) return `labels.${key.slice(0, 100)} is not a message key`;
    if (typeof text !== 'string' || text === '' || text.length > LONGEST_LABEL || hasControlCharacters(text))
      return `labels.${key} must be text of 1 to ${LONGEST_LABEL} characters, without control characters`;
    const fault = labelFault(key, text);
    if (fault !== null) return `labels.${key} ${fault}`;
  }
  return undefined;
}
