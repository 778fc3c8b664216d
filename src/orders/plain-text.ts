/** Whether there is anything to see: not white space alone, nor characters without a shape such as U+200B. */
export const isVisible = (text: string): boolean => /[^\p{Z}\p{C}]/u.test(text);

/** Whether there is anything that breaks a line or steers a terminal: C0, DEL and C1, tabs and line ends included. */
export const hasControlCharacters = (text: string): boolean => /\p{Cc}/u.test(text);
