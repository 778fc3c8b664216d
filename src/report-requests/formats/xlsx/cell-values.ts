import { ZoneClock } from '../../../common/zone-clock';
import { guarded } from '../../../orders/formula-guard';
import { momentFormat, moneyFormat } from './number-formats';
import type { CellStyle, SheetCell } from './sheet';
import { isExactNumber, serialOf } from './sheet-values';

const PLAIN: CellStyle = {};
const QUOTED: CellStyle = { isQuoted: true };
const RIGHT: CellStyle = { isRightAligned: true };

/** Makes cells of what a report shows, in its reader's formats. What is nothing has no cell. */
export class CellValues {
  private readonly clock: ZoneClock;
  private readonly momentLook: CellStyle;
  /** By currency and digits. */
  private readonly moneyLooks = new Map<string, CellStyle>();
  private readonly variants = new Map<CellStyle, Map<CellStyle, CellStyle>>();

  constructor(
    private readonly locale: string,
    timeZone: string,
  ) {
    this.clock = new ZoneClock(timeZone);
    this.momentLook = { format: momentFormat(locale) };
  }

  text(text: string, look = PLAIN): SheetCell {
    if (text === '') return null;
    return { kind: 'text', text, style: guarded(text) === text ? look : this.variant(look, QUOTED) };
  }

  /** A time as clocks of the report's time zone show it. */
  moment(moment: Date, look = PLAIN): SheetCell {
    const wall = this.clock.toWall(moment.getTime());
    const serial = serialOf(wall);
    if (serial === undefined)
      return this.text(new Date(wall).toISOString().slice(0, -5).replace('T', ' '), look);
    return { kind: 'number', number: String(serial), style: this.variant(look, this.momentLook) };
  }

  /** An amount with the digits that it has. */
  money(amount: string, currency: string, look = PLAIN): SheetCell {
    return this.exact(amount, this.variant(look, this.moneyLook(amount, currency)));
  }

  /** A quantity, or how many there are. */
  number(number: string, look = PLAIN): SheetCell {
    return this.exact(number, look);
  }

  boolean(value: boolean, look = PLAIN): SheetCell {
    return { kind: 'boolean', value, style: look };
  }

  /** A number whose digits a spreadsheet would not keep is a text, which it does not add up. */
  private exact(number: string, style: CellStyle): SheetCell {
    if (isExactNumber(number)) return { kind: 'number', number, style };
    return { kind: 'text', text: number, style: this.variant(style, RIGHT) };
  }

  private moneyLook(amount: string, currency: string): CellStyle {
    const point = amount.indexOf('.');
    const digits = point === -1 ? 0 : amount.length - point - 1;
    const key = `${currency} ${digits}`;
    let look = this.moneyLooks.get(key);
    if (!look) {
      look = { format: moneyFormat(this.locale, currency, digits) };
      this.moneyLooks.set(key, look);
    }
    return look;
  }

  /** A look with another, the same object each time. */
  private variant(look: CellStyle, other: CellStyle): CellStyle {
    let variants = this.variants.get(look);
    if (!variants) {
      variants = new Map<CellStyle, CellStyle>();
      this.variants.set(look, variants);
    }
    let style = variants.get(other);
    if (!style) {
      style = { ...look, ...other };
      variants.set(other, style);
    }
    return style;
  }
}
