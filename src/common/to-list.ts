/** For `@Transform` on a query's list: `status=a,b` and `status=a&status=b` are the same. */
export const toList = ({ value }: { value: unknown }): unknown =>
  [value].flat().flatMap((part: unknown) => (typeof part === 'string' ? part.split(',') : part));
