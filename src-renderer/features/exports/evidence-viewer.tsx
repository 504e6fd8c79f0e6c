import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { formatCount } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Skeletons } from '../../ui/screen.tsx';
import css from './notes.module.css';
import type { PdfPages } from './pdf-pages.ts';

export interface Shown {
  readonly evidenceId: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly sha256: string;
}

/**
 * A document as it was filed. It comes by its hash, is drawn onto a canvas (PDF) or shown as a picture, and never becomes a
 * page of its own: nothing inside it can run, link or load.
 */
export function EvidenceViewer({
  organisationId,
  lineId,
  shown,
  onClose,
}: {
  organisationId: string;
  lineId: string;
  shown: Shown;
  onClose: () => void;
}) {
  const { evidenceId, fileName, contentType, sha256 } = shown;
  const content = useQuery({
    queryKey: ['evidence', sha256],
    queryFn: () => client.desk.viewEvidence({ organisationId, lineId, evidenceId }),
    // A hash names one content for ever.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const download = () =>
    attempt(async () => {
      const { download: handle } = await client.desk.openEvidence({ organisationId, lineId, evidenceId });
      return saveAs(fileName, { handle });
    });
  return (
    <Modal opened onClose={onClose} title={fileName} size="xl">
      <div className={css.viewer}>
        {content.error && <ProblemNote problem={problemOf(content.error)} onRetry={() => void content.refetch()} />}
        {!content.data && !content.error && <Skeletons rows={10} label="Reading the document." />}
        {content.data &&
          (contentType === 'application/pdf' ? (
            <Pdf base64={content.data.base64} name={fileName} />
          ) : (
            <img src={`data:${contentType};base64,${content.data.base64}`} alt={fileName} />
          ))}
        <div className={css.viewerFoot}>
          <code title="What the document is known by; read and compared each time it is opened">SHA-256 {sha256}</code>
          <Button variant="default" onClick={() => void download()}>
            Save a copy
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function Pdf({ base64, name }: { base64: string; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pages, setPages] = useState<PdfPages | null>(null);
  const [failed, setFailed] = useState(false);
  const [page, setPage] = useState(1);
  useEffect(() => {
    let open: PdfPages | null = null;
    let gone = false;
    import('./pdf-pages.ts')
      .then(({ openPdf }) => openPdf(base64))
      .then(
        (found) => {
          if (gone) return found.close();
          open = found;
          setPages(found);
        },
        () => setFailed(true),
      );
    return () => {
      gone = true;
      open?.close();
    };
  }, [base64]);
  useEffect(() => {
    if (pages && canvas.current) pages.draw(page, canvas.current).catch(() => setFailed(true));
  }, [pages, page]);
  if (failed)
    return (
      <ProblemNote
        problem={{
          happened: 'This PDF could not be drawn here.',
          means: 'The file is kept as it came and goes to the ledger unchanged.',
          remedy: 'Save a copy and open it in your PDF reader.',
        }}
      />
    );
  return (
    <>
      {!pages && <Skeletons rows={8} label="Drawing the document." />}
      <canvas ref={canvas} role="img" aria-label={`${name}, page ${page}`} />
      {pages && pages.count > 1 && (
        <div className={css.pages}>
          <Button variant="default" size="compact-sm" disabled={page === 1} onClick={() => setPage(page - 1)}>
            Previous page
          </Button>
          <span role="status">
            Page {formatCount(page)} of {formatCount(pages.count)}
          </span>
          <Button variant="default" size="compact-sm" disabled={page === pages.count} onClick={() => setPage(page + 1)}>
            Next page
          </Button>
        </div>
      )}
    </>
  );
}
