import { CellStyles } from './cell-styles';
import { CellValues } from './cell-values';

const values = new CellValues('en-US', 'UTC');

describe('cells', () => {
  it.each(['=1+1', '+1', '-1', '@x', '\t=1', ' =1'])('of %j stay texts when somebody edits them', (text) => {
    const cell = values.text(text);
    expect(cell).toMatchObject({ kind: 'text', text, style: { isQuoted: true } });
    const styles = new CellStyles();
    const index = styles.indexOf(cell!.style);
    expect(styles.xml().match(/<xf [^>]*>/g)![index + 1]).toContain('quotePrefix="1"');
  });

  it('of other texts do not', () => {
    expect(values.text('1+1')!.style).toEqual({});
  });

  it('that look alike share one style', () => {
    const look = { isBold: true };
    const styles = new CellStyles();
    const indexes = [values.money('1.00', 'EUR', look), values.money('2.00', 'EUR', look)].map((cell) =>
      styles.indexOf(cell!.style),
    );
    expect(values.money('1.00', 'EUR', look)!.style).toBe(values.money('2.00', 'EUR', look)!.style);
    expect(indexes).toEqual([1, 1]);
    expect(styles.indexOf(values.money('1.0', 'EUR', look)!.style)).toBe(2);
    expect(styles.indexOf(values.money('1.00', 'USD', look)!.style)).toBe(3);
  });
});
