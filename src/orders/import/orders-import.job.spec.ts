import { OnConflict, PLAIN } from './import-settings';
import { settingsOf } from './orders-import.job';

describe('the settings of an import job', () => {
  it('are those that it was accepted with', () => {
    const settings = { ...PLAIN, onConflict: OnConflict.Skip };
    expect(settingsOf({ file: 'a', bytes: 1, settings })).toBe(settings);
  });

  it('are plain, with its currency, for one that was accepted before there were any', () => {
    expect(settingsOf({ file: 'a', bytes: 1, defaultCurrency: 'JPY' })).toEqual({
      ...PLAIN,
      currency: 'JPY',
    });
    expect(settingsOf({ file: 'a', bytes: 1 })).toEqual(PLAIN);
  });
});
