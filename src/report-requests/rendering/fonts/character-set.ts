const CHARACTERS = 0x110000;

/** Characters of Unicode, a bit for each: as large with all of them as with none. */
export class CharacterSet {
  private readonly bits = new Uint8Array(CHARACTERS / 8);

  has(character: number): boolean {
    return ((this.bits[character >> 3] ?? 0) & (1 << (character & 7))) !== 0;
  }

  add(character: number): void {
    this.bits[character >> 3] = (this.bits[character >> 3] ?? 0) | (1 << (character & 7));
  }
}
