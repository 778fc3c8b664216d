/** As many as two browsers print beside the reading of what they printed, or pages of one that wait side by side. */
const AT_ONCE = 4;

/**
 * Does the work for each, some at the same time.
 *
 * @param nameOf says in a failure which one it was, and how it is repeated
 */
export async function atOnce<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  nameOf: (item: T) => string,
): Promise<void> {
  // One for all of them: each takes the next.
  const left = [...items].values();
  const workSome = async (): Promise<void> => {
    for (const item of left)
      await work(item).catch((cause: unknown) => {
        throw new Error(nameOf(item), { cause });
      });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, workSome));
}
