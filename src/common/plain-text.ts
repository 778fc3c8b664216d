import { Transform } from 'class-transformer';
import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';

/**
 * The same in what JSON Schema shares with all languages. It cannot say which characters have no shape: text of these alone
 * is refused although it matches.
 */
export const PLAIN_TEXT_PATTERN =
  '^[^\\u0000-\\u001F\\u007F-\\u009F]*[^\\s\\u0000-\\u001F\\u007F-\\u009F][^\\u0000-\\u001F\\u007F-\\u009F]*$';

/** Any text that can be stored: of several lines, too. That a half of a pair cannot be, no language says as another does. */
export const STORABLE_PATTERN = '^[^\\u0000]*$';

/** Without control characters. */
export const ONE_LINE_PATTERN = '^[^\\u0000-\\u001F\\u007F-\\u009F]*$';

const isText = (value: unknown): value is string => typeof value === 'string';

const trimmed = (value: unknown): unknown => (isText(value) ? value.trim() : value);

/** Text of one line, so without control characters, that has something to see. The space around it is taken off. */
export const IsPlainText =
  (options: ValidationOptions = {}): PropertyDecorator =>
  (target, property): void => {
    Transform(({ value }: { value: unknown }) =>
      Array.isArray(value) ? value.map(trimmed) : trimmed(value),
    )(target, property);
    ValidateBy(
      {
        name: 'isPlainText',
        validator: {
          validate: (value: unknown) => isText(value) && isVisible(value) && !hasControlCharacters(value),
          defaultMessage: buildMessage(
            (prefix) => `${prefix}$property must be text without control characters`,
            options,
          ),
        },
      },
      options,
    )(target, property);
  };

/** Whether there is anything to see: not white space alone, nor characters without a shape such as U+200B. */
export const isVisible = (text: string): boolean => /[^\p{Z}\p{C}]/u.test(text);

/** Whether there is anything that breaks a line or steers a terminal: C0, DEL and C1, tabs and line ends included. */
export const hasControlCharacters = (text: string): boolean => /\p{Cc}/u.test(text);
