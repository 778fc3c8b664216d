/** Whether a question is answered in time, without an error. */
export async function answersWithin(patienceMs: number, question: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  const answer = question.then(
    () => true,
    () => false,
  );
  return Promise.race([answer, impatience]).finally(() => clearTimeout(timer));
}
