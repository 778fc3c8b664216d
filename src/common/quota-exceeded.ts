/** The `type` of problems that are about a limit of the caller's own. */
export const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
