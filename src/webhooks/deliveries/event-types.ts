/**
 * Whether a type of events is among patterns, in SQL: `*`, exact ones, or the beginning of a name (`orders.report.*`).
 *
 * @param type, patterns SQL expressions
 */
export const wantsType = (type: string, patterns: string): string => `EXISTS (
  SELECT FROM unnest(${patterns}) AS pattern
  WHERE pattern = ${type} OR pattern = '*' OR (right(pattern, 2) = '.*' AND starts_with(${type}, left(pattern, -1))))`;
