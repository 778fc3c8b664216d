import { xmpPacket } from './xmp-packet';

const ABOUT = {
  title: 'Bestellungen & <mehr>',
  author: 'Superstore\u0000 Ltd',
  language: 'de-DE',
  createdAt: new Date('2017-01-02T03:04:05Z'),
  startDate: '2016-01-01',
  endDate: '2017-01-01',
  asOf: 'c_1',
};

describe('the XMP packet', () => {
  it('has title, language, period and cursor, in XML that anybody reads', () => {
    const packet = xmpPacket(ABOUT);
    for (const property of [
      '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Bestellungen &amp; &lt;mehr&gt;</rdf:li></rdf:Alt></dc:title>',
      '<dc:creator><rdf:Seq><rdf:li>Superstore\ufffd Ltd</rdf:li></rdf:Seq></dc:creator>',
      '<dc:language><rdf:Bag><rdf:li>de-DE</rdf:li></rdf:Bag></dc:language>',
      '<xmp:CreateDate>2017-01-02T03:04:05.000Z</xmp:CreateDate>',
      '<report:start_date>2016-01-01</report:start_date>',
      '<report:end_date>2017-01-01</report:end_date>',
      '<report:as_of>c_1</report:as_of>',
    ])
      expect(packet).toContain(property);
  });

  it('has no period of a report of all days', () => {
    expect(xmpPacket({ ...ABOUT, startDate: null, endDate: null })).not.toMatch(/_date>/);
  });
});
