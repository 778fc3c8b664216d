/** What a brand may hold; what is longer than its room on the page is cut there. */
export const BRAND_LIMITS = {
  nameLength: 200,
  addressLines: 6,
  addressLineLength: 100,
  footerLength: 200,
} as const;
