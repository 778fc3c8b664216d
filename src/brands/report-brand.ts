/** What dresses a client's reports. All of it is text to be escaped and cut where it is shown, but the colour and the logo. */
export interface ReportBrand {
  name: string | null;
  address: string[];
  /** `#rrggbb`, with a contrast of at least 4.5 on white. */
  accentColor: string | null;
  footer: string | null;
  logo: ReportLogo | null;
}

export interface ReportLogo {
  /** For `<img>` alone, where nothing of it runs or is fetched. */
  dataUri: string;
  /** In units of its own: what counts is their ratio. */
  width: number;
  height: number;
}

/** Whose report it says that it is. */
export const nameOn = (brand: ReportBrand | null, clientName: string): string => brand?.name ?? clientName;
