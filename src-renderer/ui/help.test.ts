import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adapters } from '../../src-main/adapters/registry.ts';
import { formOf } from '../../src-main/engine/connections/adapter-facts.ts';

const folder = new URL('../../resources/help/', import.meta.url);
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s+/g, '-');
const anchors = new Map(
  readdirSync(folder).map((name) => [
    name,
    readFileSync(new URL(name, folder), 'utf8')
      .split('\n')
      .flatMap((line) => (/^#+ /.test(line) ? [slug(line.replace(/^#+ /, ''))] : [])),
  ]),
);

test.each(adapters.map((adapter) => [adapter.manifest.id, adapter] as const))(
  'every field of %s that names a page of the handbook names one that is there, with its heading',
  (_, adapter) => {
    expect([...anchors.keys()]).toContain(adapter.manifest.helpPage);
    const lost = formOf(adapter).flatMap(({ help }) => {
      const [, page = '', anchor] = /^([\w-]+\.md)(?:#([\w-]+))?$/.exec(help ?? '') ?? [];
      if (page === '' || (anchors.has(page) && (anchor === undefined || anchors.get(page)?.includes(anchor))))
        return [];
      return [help];
    });
    expect(lost).toEqual([]);
  },
);
