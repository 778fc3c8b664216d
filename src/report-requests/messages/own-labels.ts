import { hasControlCharacters } from '../../orders/order-validators';
import { argumentsOf } from './message-arguments';
import { isMessageKey, messagesOf } from './message-files';

const LONGEST_LABEL = 200;

/** What is wrong with a caller's labels, as the message of their field; `undefined` for nothing. */
export function labelProblem(labels: unknown): string | undefined {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    return 'labels must be an object of message keys to texts';
  for (const [key, text] of Object.entries(labels)) {
    if (!isMessageKey(key)) return `labels.${key.slice(0, 100)} is not a message key`;
    if (typeof text !== 'string' || text === '' || text.length > LONGEST_LABEL || hasControlCharacters(text))
      return `labels.${key} must be text of 1 to ${LONGEST_LABEL} characters, without control characters`;
    const given = argumentsOf(text);
    const ours = argumentsOf(messagesOf('en')[key]) ?? [];
    if (given === undefined || !given.every((name) => ours.includes(name)))
      return `labels.${key} must be a message with no other arguments than ours (${ours.join(', ') || 'none'})`;
  }
  return undefined;
}
