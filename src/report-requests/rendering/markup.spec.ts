import fc from 'fast-check';
import { escapeHtml, Markup, markup } from './markup';

describe('markup', () => {
  it('escapes every interpolated string, in content and in attributes', () => {
    const name = `<script>alert("1")</script> & 'x' \`y\``;
    expect(markup`<p title="${name}">${name}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; &#96;y&#96;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; &#96;y&#96;</p>',
    );
  });

  it('takes markup and lists of markup as they are', () => {
    const items = ['a', '<b>'].map((item) => markup`<li>${item}</li>`);
    expect(markup`<ul>${items}</ul>${new Markup('<hr>')}${3}`.text).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li></ul><hr>3',
    );
  });

  it('leaves nothing of any text that could open a tag or end an attribute', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"'`=]/.test(escapeHtml(text))));
  });
});
