import { type CleanedLogo, invalidLogo, type LogoMediaType, PNG_MEDIA_TYPE } from './logo';
import { cleanPng } from './clean-png';
import { cleanSvg } from './clean-svg';

/**
 * Writes a logo anew from what is understood of it, so that nothing else of the file is kept.
 *
 * @throws AppError 422 `invalid_logo` for a file that is none of its type, is damaged, or is beyond `LOGO_LIMITS`
 */
export async function cleanLogo(mediaType: LogoMediaType, file: Buffer): Promise<CleanedLogo> {
  if (file.length === 0) throw invalidLogo('The file is empty.');
  return mediaType === PNG_MEDIA_TYPE ? cleanPng(file) : cleanSvg(file);
}
