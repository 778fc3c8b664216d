/**
 * Why a request that the document allows is refused all the same: a rule between its fields, or of the world. Nothing else may be
 * refused; what a schema can say, it has to say.
 */
interface Refusal {
  /** Of the problem. */
  code: string;
  /** Of the names of the fields that are at fault; of a problem that names none without it. */
  field?: RegExp;
  /** Of the messages about them. */
  message?: RegExp;
  why: string;
}

const INVALID = 'invalid_request';

export const REFUSED_ALL_THE_SAME: readonly Refusal[] = [
  // Between fields.
  {
    code: INVALID,
    field: /end_date$|until$/,
    message: /must be after/,
    why: 'a period ends after it begins',
  },
  {
    code: INVALID,
    field: /(start|end)_date$/,
    message: /must be a date that exists/,
    why: 'a report has a period or changed_since: neither date alone',
  },
  {
    code: INVALID,
    field: /csv$/,
    message: /is for the format csv/,
    why: 'options of a format are for that format',
  },
  { code: INVALID, field: /accessible$/, message: /is for the format pdf/, why: 'tags are of a PDF' },
  {
    code: INVALID,
    field: /decimal_separator$/,
    message: /must not be the delimiter/,
    why: 'both cannot be one sign',
  },
  {
    code: INVALID,
    field: /max_total$/,
    message: /must not be below/,
    why: 'a range has a lower and an upper end',
  },
  {
    code: INVALID,
    field: /(^|\.)(format|status)$/,
    message: /are the same/,
    why: 'a short form is in place of the long one',
  },
  {
    code: INVALID,
    field: /sort$|columns$/,
    message: /different columns/,
    why: 'a column is named once',
  },
  { code: INVALID, field: /^(error|result|progress)$/, why: 'what a task says belongs to its status' },
  {
    code: INVALID,
    field: /^client_(certificate|key)$/,
    message: /given together/,
    why: 'a certificate has its key',
  },
  {
    code: INVALID,
    field: /_total$|unit_price$|^lines|\.lines/,
    message: /between 0 and|is too large|the total/,
    why: 'sums of an order',
  },
  {
    code: INVALID,
    field: /^number$/,
    message: /cannot be changed|must be that of|address/,
    why: 'the number is the address',
  },
  {
    code: INVALID,
    field: /headers$/,
    message: /once|in all|must not have|of another origin|given anew/,
    why: 'headers between them',
  },
  { code: INVALID, field: /metadata$/, message: /bytes/, why: 'metadata has a size in all' },
  // Of the world.
  { code: INVALID, field: /currency$/, message: /ISO 4217/, why: 'which currencies there are' },
  {
    code: INVALID,
    field: /_total$|unit_price$/,
    message: /as the currency has/,
    why: 'which digits a currency has',
  },
  { code: INVALID, field: /time_zone$/, message: /IANA/, why: 'which time zones there are' },
  {
    code: INVALID,
    field: /locale$/,
    message: /language tag|words/,
    why: 'which languages there are, and fonts for them',
  },
  {
    code: INVALID,
    field: /(_at|since|until)$/,
    message: /must be (an existing date|a time such as)/,
    why: 'which days there are',
  },
  { code: INVALID, field: /(expires_at|since|until)$/, message: /in the future/, why: 'what time it is' },
  {
    code: INVALID,
    field: /name$|number$|reference$|footer$|sku$|description$|address$|title$|tags?$|tag$|labels/,
    message: /must be text|have text|control characters|something to see|ICU/,
    why: 'which characters are assigned and have a shape; the syntax of messages',
  },
  { code: INVALID, field: /certificate|client_key$/, message: /PEM/, why: 'what is in a certificate' },
  {
    code: INVALID,
    field: /url$/,
    message: /address|host|origin|user|fragment|endpoint|called|reach/,
    why: 'where callbacks may go',
  },
  { code: INVALID, field: /event_types$/, message: /event/, why: 'which events there are' },
  { code: 'invalid_cursor', field: /cursor|after|changed_since/, why: 'cursors are made by us' },
];

/** What is accepted although the document does not allow it, by the keyword of the schema. */
export const ACCEPTED_ALL_THE_SAME: readonly { field: RegExp; keyword: string; why: string }[] = [
  {
    field: /url$/,
    keyword: 'format',
    why: 'URLs are read as browsers read them, with letters that RFC 3986 has not',
  },
];
