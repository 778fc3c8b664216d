import { escapeXml } from '../../../common/xml';
import type { PdfInformation } from './pdf-information';

/** Our own properties have the names that the API has for them. */
const NAMESPACE = 'urn:order-reports:report#';

/** What a file says about itself, as programs read it that know nothing of its pages (XMP, ISO 16684-1). */
export function xmpPacket({ title, author, language, createdAt, ...report }: PdfInformation): string {
  const created = createdAt.toISOString();
  const { startDate, endDate, asOf } = report;
  const properties = [
    ['dc:title', `<rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(title)}</rdf:li></rdf:Alt>`],
    ['dc:creator', `<rdf:Seq><rdf:li>${escapeXml(author)}</rdf:li></rdf:Seq>`],
    ['dc:language', `<rdf:Bag><rdf:li>${escapeXml(language)}</rdf:li></rdf:Bag>`],
    ['dc:format', 'application/pdf'],
    ['xmp:CreateDate', created],
    ['xmp:ModifyDate', created],
    ['xmp:CreatorTool', 'Order Reports'],
    ['pdf:Producer', 'Order Reports'],
    ...(startDate === null ? [] : [['report:start_date', escapeXml(startDate)]]),
    ...(endDate === null ? [] : [['report:end_date', escapeXml(endDate)]]),
    ['report:as_of', escapeXml(asOf)],
  ];
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:report="${NAMESPACE}">
${properties.map(([name, value]) => `<${name}>${value}</${name}>`).join('\n')}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`;
}
