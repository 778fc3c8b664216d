// Answers what PDFs hold, to the process that forked it. Of its own: pdf.js is made for ES modules, not for a test runner.
import { readFile } from 'node:fs/promises';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

process.on('message', async ({ id, paths }) => {
  try {
    const pdfs = [];
    for (const path of paths) pdfs.push(await read(path));
    process.send({ id, pdfs });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});

async function read(path) {
  const task = getDocument({
    data: new Uint8Array(await readFile(path)),
    useSystemFonts: false,
    verbosity: 0,
  });
  const pdf = await task.promise;
  const { info, metadata } = await pdf.getMetadata();
  const outline = await Promise.all(
    ((await pdf.getOutline()) ?? []).map(async ({ title, dest }) => ({
      title,
      page: await pdf.getPageIndex(dest[0]),
    })),
  );
  const tagged = (await pdf.getMarkInfo())?.Marked === true;
  const pages = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { items, lang } = await page.getTextContent();
    pages.push({
      lang,
      size: page.view.slice(2),
      items: items
        .filter(({ str }) => str.trim() !== '')
        .map(({ str, transform, width }) => ({ text: str, x: transform[4], y: transform[5], width })),
      roles: [...new Set(rolesIn(await page.getStructTree()))],
    });
  }
  await task.destroy();
  return { info, xmp: metadata?.getRaw() ?? null, outline, tagged, pages };
}

function rolesIn(node) {
  return node?.role ? [node.role, ...node.children.flatMap(rolesIn)] : [];
}
