const ALPHABET = Array.from('abcdefghijklmnopqrstuvwxyz');
const SCRIPTS = [
  'Adlm',
  'Arab',
  'Beng',
  'Cyrl',
  'Deva',
  'Guru',
  'Hans',
  'Hant',
  'Latn',
  'Olck',
  'Orya',
  'Telu',
  'Tfng',
  'Vaii',
];

/** Every language of this runtime, with each script that it has formats for. */
export function allLocales(): string[] {
  const codes = ALPHABET.flatMap((a) => ALPHABET.flatMap((b) => [a + b, ...ALPHABET.map((c) => a + b + c)]));
  const languages = Intl.NumberFormat.supportedLocalesOf(codes);
  const scripts = languages.flatMap((language) => {
    try {
      return SCRIPTS.map((script) => `${language}-${script}`).filter(
        (locale) => new Intl.NumberFormat(locale).resolvedOptions().locale === locale,
      );
    } catch {
      return [];
    }
  });
  return [...languages, ...scripts];
}
