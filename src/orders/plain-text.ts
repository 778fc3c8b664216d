/** Whether there is anything to see: not white space alone, nor characters without a shape such as U+200B. */
export const isVisible = (text: string): boolean => /[^\p{Z}\p{C}]/u.test(text);
