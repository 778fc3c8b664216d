import { registerDecorator, ValidateIf, ValidationArguments } from 'class-validator';
import { parseTimestamp } from './timestamp';

const CALENDAR_DATE = /^\d{4}-\d{2}-\d{2}$/;
export const LANGUAGE_TAG = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

const rule =
  (
    name: string,
    check: (value: unknown, args: ValidationArguments) => boolean,
    message: (args: ValidationArguments) => string,
    constraints: unknown[] = [],
  ): PropertyDecorator =>
  (target, propertyName) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(propertyName),
      constraints,
      validator: {
        validate: (value, args) => check(value, args as ValidationArguments),
        defaultMessage: (args) => message(args as ValidationArguments),
      },
    });

/** A field that may be left out, but is not `null`: `IsOptional` would let both pass. */
export const MayBeLeftOut = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);

/** Whether this is a date of the calendar, `2016-02-29` but not `2015-02-29`. */
export function isCalendarDate(value: unknown): value is string {
  if (typeof value !== 'string' || !CALENDAR_DATE.test(value) || value < '0001') return false;
  // The 30th of February is read as the 1st or 2nd of March.
  return new Date(`${value}T00:00:00Z`).getUTCDate() === Number(value.slice(8));
}

/** A date `YYYY-MM-DD` that exists. */
export const IsCalendarDate = (): PropertyDecorator =>
  rule(
    'isCalendarDate',
    isCalendarDate,
    ({ property }) => `${property} must be a date that exists, as YYYY-MM-DD`,
  );

/** A date or a time in ISO 8601, as `parseTimestamp` reads it. */
export const IsTimestamp = (): PropertyDecorator =>
  rule(
    'isTimestamp',
    (value) => typeof value === 'string' && parseTimestamp(value) !== undefined,
    ({ property }) => `${property} must be a time such as 2016-11-08T14:30:00Z, or a date`,
  );

/** Later than another date of the same object. Says nothing when either is no date: that has its own message. */
export const IsAfter = (other: string): PropertyDecorator =>
  rule(
    'isAfter',
    (value, { object }) => {
      const before = (object as Record<string, unknown>)[other];
      return !isCalendarDate(value) || !isCalendarDate(before) || value > before;
    },
    ({ property }) => `${property} must be after ${other}`,
  );

/** Of characters: what is longer is no time, and the runtime's own reader takes anything. */
const LONGEST_TIME = 100;

/** A time that has not come yet. Says nothing of what is no time: that has its own message. */
export const IsInTheFuture = (): PropertyDecorator =>
  rule(
    'isInTheFuture',
    (value) => typeof value !== 'string' || value.length > LONGEST_TIME || !(Date.parse(value) <= Date.now()),
    ({ property }) => `${property} must be in the future`,
  );

/** Of characters, extensions and all; a tag could else be as long as a body. */
export const LONGEST_LANGUAGE_TAG = 100;
export const LONGEST_TIME_ZONE = 100;

/** Whether this is a BCP 47 language tag that this runtime can format for. */
export const isLocaleTag = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= LONGEST_LANGUAGE_TAG &&
  LANGUAGE_TAG.test(value) &&
  isAccepted(() => Intl.NumberFormat.supportedLocalesOf(value).length > 0);

/** A BCP 47 language tag that this runtime can format for. */
export const IsLocaleTag = (): PropertyDecorator =>
  rule(
    'isLocaleTag',
    isLocaleTag,
    ({ property }) => `${property} must be a language tag such as en-US or de-DE`,
  );

/**
 * Names that this runtime takes and Postgres does not, or takes for something else: it reads `CET` as a fixed offset
 * without summer time, and `IST` as Israel's.
 */
const NOT_THE_SAME_EVERYWHERE =
  /^(?!(UTC|GMT|UCT|EST|MST|HST|PRC|ROC|ROK)$)[a-z]{3}$|^SystemV\/|^US\/Pacific-New$/i;

/** An IANA time zone, `Europe/Berlin`. */
export const IsTimeZoneName = (): PropertyDecorator =>
  rule(
    'isTimeZoneName',
    (value) =>
      typeof value === 'string' &&
      value.length <= LONGEST_TIME_ZONE &&
      /^[A-Za-z]/.test(value) &&
      !NOT_THE_SAME_EVERYWHERE.test(value) &&
      isAccepted(() => Boolean(new Intl.DateTimeFormat('en', { timeZone: value }))),
    ({ property }) => `${property} must be an IANA time zone such as Europe/Berlin`,
  );

function isAccepted(attempt: () => boolean): boolean {
  try {
    return attempt();
  } catch {
    return false;
  }
}

/** For `@Transform` on a query's list: `status=a,b` and `status=a&status=b` are the same. */
export const toList = ({ value }: { value: unknown }): unknown =>
  [value].flat().flatMap((part: unknown) => (typeof part === 'string' ? part.split(',') : part));
