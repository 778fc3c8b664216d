/**
 * The literal of an array, quicker than the driver makes one that may hold anything.
 *
 * @param values that hold nothing to be quoted: ids, numbers, words
 */
export const arrayOf = (values: (string | number | null)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`;
