import { crc32 } from 'node:zlib';
import { invalidLogo } from './logo';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Kinds of pixels (PNG, section 11.2.1). */
const GREY = 0;
const COLOURS = 2;
const PALETTE = 3;
const GREY_ALPHA = 4;
const COLOURS_ALPHA = 6;

/** Bits that a sample of each kind may have, and samples that a pixel has. */
const KINDS = new Map<number, { depths: readonly number[]; samples: number }>([
  [GREY, { depths: [1, 2, 4, 8, 16], samples: 1 }],
  [COLOURS, { depths: [8, 16], samples: 3 }],
  [PALETTE, { depths: [1, 2, 4, 8], samples: 1 }],
  [GREY_ALPHA, { depths: [8, 16], samples: 2 }],
  [COLOURS_ALPHA, { depths: [8, 16], samples: 4 }],
]);
/** Bytes that name a transparent colour. */
const TRANSPARENT_COLOUR = new Map([
  [GREY, 2],
  [COLOURS, 6],
]);

export interface PngHeader {
  width: number;
  height: number;
  colorType: number;
  depth: number;
  bitsPerPixel: number;
  isInterlaced: boolean;
}

/** The parts of a PNG that make its picture. */
export interface PngImage {
  header: PngHeader;
  /** Three bytes a colour; only of those whose pixels are numbers of colours. */
  palette: Buffer | undefined;
  /** Which colour is transparent, or how transparent those of the palette are. */
  transparency: Buffer | undefined;
  /** The compressed pixels, in pieces. */
  data: Buffer[];
}

function damaged(how: string): never {
  throw invalidLogo(`The picture is damaged: ${how}.`);
}

/** @throws AppError 422 `invalid_logo` for what is no PNG, or is damaged */
export function readPng(file: Buffer): PngImage {
  if (!file.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw invalidLogo('The file is no PNG.');
  let header: PngHeader | undefined;
  let palette: Buffer | undefined;
  let transparency: Buffer | undefined;
  const data: Buffer[] = [];
  for (const { type, content } of chunksOf(file)) {
    if (header === undefined) {
      if (type !== 'IHDR') damaged('it does not begin with its header');
      header = readHeader(content);
    } else if (type === 'PLTE') palette ??= content;
    else if (type === 'tRNS') transparency ??= content;
    else if (type === 'IDAT') data.push(content);
  }
  if (header === undefined || data.length === 0) damaged('it has no pixels');
  return { header, data, ...coloursOf(header, palette, transparency) };
}

/** @param data the compressed pixels */
export function writePng({ header, palette, transparency }: PngImage, data: Buffer): Buffer {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(header.width, 0);
  size.writeUInt32BE(header.height, 4);
  size.set([header.depth, header.colorType, 0, 0, header.isInterlaced ? 1 : 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', size),
    ...(palette === undefined ? [] : [chunk('PLTE', palette)]),
    ...(transparency === undefined ? [] : [chunk('tRNS', transparency)]),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The chunks up to the last one; what comes behind it is not of the picture. */
function* chunksOf(file: Buffer): Generator<{ type: string; content: Buffer }> {
  let at = SIGNATURE.length;
  while (at + 12 <= file.length) {
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length) break;
    const type = file.toString('latin1', at + 4, at + 8);
    if (crc32(file.subarray(at + 4, end)) !== file.readUInt32BE(end)) damaged('a checksum is wrong');
    if (type === 'IEND') return;
    yield { type, content: file.subarray(at + 8, end) };
    at = end + 4;
  }
  damaged('its end is missing');
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(content.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}

function readHeader(content: Buffer): PngHeader {
  if (content.length !== 13) damaged('its header is too short or too long');
  const [width, height] = [content.readUInt32BE(0), content.readUInt32BE(4)];
  const [depth, colorType] = [content.readUInt8(8), content.readUInt8(9)];
  const [compression, filter, interlace] = [
    content.readUInt8(10),
    content.readUInt8(11),
    content.readUInt8(12),
  ];
  const kind = KINDS.get(colorType);
  if (width === 0 || height === 0) damaged('it has no size');
  if (kind?.depths.includes(depth) !== true || compression !== 0 || filter !== 0 || interlace > 1)
    damaged('its header has values that no PNG has');
  return {
    width,
    height,
    colorType,
    depth,
    bitsPerPixel: kind.samples * depth,
    isInterlaced: interlace === 1,
  };
}

/** What a picture of the kind can use: other kinds have palettes only as a suggestion. */
function coloursOf(
  { colorType, depth }: PngHeader,
  palette: Buffer | undefined,
  transparency: Buffer | undefined,
): Pick<PngImage, 'palette' | 'transparency'> {
  if (colorType === PALETTE) {
    const colours = (palette?.length ?? 0) / 3;
    if (palette === undefined || !Number.isInteger(colours) || colours < 1 || colours > 2 ** depth)
      damaged('its palette is missing or of no such size');
    if (transparency !== undefined && transparency.length > colours)
      damaged('it has more transparent colours than colours');
    return { palette, transparency };
  }
  const isColour = transparency?.length === TRANSPARENT_COLOUR.get(colorType);
  return { palette: undefined, transparency: isColour ? transparency : undefined };
}
