import { describe, expect, test } from 'vitest';
import { escapeMarkdown, escapeXml } from '../../../src/bench/escape.ts';
import { joinResults, parseResult } from '../../../src/bench/join-results.ts';
import { reportHtml } from '../../../src/bench/report-html.ts';
import { BEGIN_MARK, between, END_MARK, reportMarkdown } from '../../../src/bench/report-markdown.ts';
import { reportText } from '../../../src/bench/report-text.ts';
import { attempt, caseOf, contender, resultOf } from './results.ts';

const NASTY = `<script>alert("x")</script> & 'y' | \`z\``;
const result = resultOf(
  caseOf(
    [
      contender('a', [attempt(1), attempt(3), attempt(2)]),
      contender('b', [attempt(4, { wrong: 'summed wrong' })]),
      contender('c', [], NASTY),
    ],
    [{ name: 'a-c', of: 'a', against: 'c' }],
  ),
  caseOf([], [], { name: 'elsewhere', title: 'Elsewhere', missing: 'it runs on sqlite only' }),
);

test('text is escaped', () => {
  expect(escapeXml(NASTY)).toBe('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39; | `z`');
  expect(escapeXml('a\x00b\x1bc')).toBe('a b c');
  expect(escapeMarkdown('a|b\n<c>')).toBe('a\\|b \\<c\\>');
});

describe('every form of the report', () => {
  const forms = {
    text: reportText(result),
    html: reportHtml(result),
    markdown: reportMarkdown(result, 'pictures').text,
  };
  test.each(Object.entries(forms))('%s names what ran, what was wrong and what is missing', (_form, text) => {
    expect(text).toMatch(/what a is/);
    expect(text).toMatch(/2\.00/);
    expect(text).toMatch(/b is WRONG in round 1: summed wrong/);
    expect(text).toMatch(/c is missing/);
    expect(text).toMatch(/[Nn]ot run: it runs on sqlite only/);
  });

  test('the page takes nothing from a network, runs nothing, and repeats no markup of others', () => {
    const { html } = forms;
    expect(html).not.toMatch(/<script|<link|<img|\bsrc=|url\(|@import/);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    expect(html).toMatch(/prefers-color-scheme: dark/);
    expect(html.match(/<svg/g)).toHaveLength(2);
  });

  test('markdown shows pictures that are files, each alone readable', () => {
    const { text, pictures } = reportMarkdown(result, 'pictures');
    expect(pictures.map(({ file }) => file)).toEqual(['toy-seconds.svg', 'toy-memory.svg']);
    for (const { file, svg } of pictures) {
      expect(text).toContain(`](pictures/${file})`);
      expect(svg).toMatch(/^<svg .*xmlns=/);
      expect(svg).toContain('<style>');
    }
  });
});

test('a document keeps what is outside of the marks', () => {
  const document = `# Head\n\n${BEGIN_MARK}\nold\n${END_MARK}\n\nTail\n`;
  expect(between(document, 'new\n')).toBe(`# Head\n\n${BEGIN_MARK}\n\nnew\n\n${END_MARK}\n\nTail\n`);
  expect(between('# Head\n', 'new\n')).toBe(`# Head\n\n${BEGIN_MARK}\n\nnew\n\n${END_MARK}\n`);
});

describe('joining', () => {
  test('parts of a case become one; other conditions stay another case', () => {
    const first = resultOf(caseOf([contender('a', [attempt(1)]), contender('b', [], 'left out')]));
    const second = resultOf(
      caseOf([contender('b', [attempt(2)]), contender('c', [attempt(3)])]),
      caseOf([contender('a', [attempt(9)])], [], { conditions: 'many rows' }),
    );
    const { cases } = joinResults([first, second]);
    expect(cases.map(({ conditions }) => conditions)).toEqual(['few rows', 'many rows']);
    expect(cases[0].contenders.map(({ name, missing, attempts }) => [name, missing, attempts.length])).toEqual([
      ['a', undefined, 1],
      ['b', undefined, 1],
      ['c', undefined, 1],
    ]);
  });

  test('refuses what is no result', () => {
    expect(() => parseResult('{"formatVersion": 99, "cases": []}')).toThrow(/format 1/);
    expect(() => parseResult('null')).toThrow(/format 1/);
    expect(parseResult(JSON.stringify(result)).cases).toHaveLength(2);
  });
});
