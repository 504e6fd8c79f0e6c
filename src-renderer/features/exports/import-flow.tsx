import { Button, Modal, Progress } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { z } from 'zod';
import { create } from 'zustand';
import type { ChosenHandle } from '../../../src-shared/contract/host-bridge.ts';
import type { ImportProgress, ImportResult } from '../../../src-shared/contract/imports.ts';
import { formatBytes, formatCount } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { chooseFile, uploadFile } from '../../data/transport.ts';
import { go } from '../../state/address.ts';
import { useOrganisationId, useSession } from '../../state/session.ts';
import css from './exports.module.css';
import { ImportPreview } from './import-preview.tsx';

interface Flow {
  /** Choose or drop a file, look at what it is, then watch it come in. */
  readonly step: 'closed' | 'choose' | 'uploading' | 'preview';
  readonly file: ChosenHandle | null;
  readonly uploadName: string;
  readonly running: readonly { importId: string; fileName: string }[];
}

const useFlow = create<Flow>(() => ({ step: 'closed', file: null, uploadName: '', running: [] }));

/** Opens the import dialog; nothing is stored before its preview was seen. */
export const openImport = () => useFlow.setState({ step: 'choose', file: null });

/** Shows the progress of an import that was started elsewhere, and opens it when it is done. */
export const followImport = (importId: string, fileName: string) =>
  useFlow.setState(({ running }) => ({ running: [...running, { importId, fileName }] }));

async function offer(name: string, work: () => Promise<ChosenHandle | null>): Promise<void> {
  useFlow.setState({ step: 'uploading', uploadName: name });
  const file = await attempt(work);
  useFlow.setState(file ? { step: 'preview', file } : { step: 'closed', file: null });
}

/** The import of the whole window: a file may be dropped anywhere, and running imports show their progress on every screen. */
export function ImportFlow({ organisationName }: { organisationName: string }) {
  const organisationId = useOrganisationId();
  const { step, file, uploadName, running } = useFlow();
  const over = useFileDrop((dropped) => void offer(dropped.name, () => uploadFile(dropped)));
  const close = () => useFlow.setState({ step: 'closed', file: null });

  return (
    <>
      {over && (
        <div className={css.dropTarget}>
          <p>Drop to look at this file for {organisationName}. Nothing is stored yet.</p>
        </div>
      )}
      <Modal opened={step === 'choose' || step === 'uploading'} onClose={close} title="Import a file" size="md">
        {step === 'uploading' ? (
          <p role="status">Reading {uploadName}…</p>
        ) : (
          <div className={css.dropZone}>
            <p>Drop a file anywhere on this window, or choose one.</p>
            <Button data-autofocus onClick={() => void offer('the file', () => chooseFile('costs'))}>
              Choose a file…
            </Button>
            <p className={css.muted}>
              FOCUS cost exports (1.0 to 1.4), CSV files, HMRC exchange rates, calendars (ICS) and AI usage. You see
              what is in it before anything is stored.
            </p>
          </div>
        )}
      </Modal>
      {step === 'preview' && file && (
        <ImportPreview
          organisationId={organisationId}
          file={file}
          onClose={close}
          onStarted={(importId) =>
            useFlow.setState({ step: 'closed', file: null, running: [...running, { importId, fileName: file.name }] })
          }
        />
      )}
      {running.length > 0 && (
        <div className={css.progressStrip}>
          {running.map((one) => (
            <Running key={one.importId} organisationId={organisationId} {...one} />
          ))}
        </div>
      )}
    </>
  );
}

/** One import coming in; announced at start, half-way and end, and cancellable. */
function Running({
  organisationId,
  importId,
  fileName,
}: {
  organisationId: string;
  importId: string;
  fileName: string;
}) {
  const [progress, setProgress] = useState<z.infer<typeof ImportProgress> | null>(null);
  const doTask = useSession((session) => session.doTask);
  useEffect(() => {
    const stop = new AbortController();
    const follow = async () => {
      let result: ImportResult | null = null;
      for await (const step of await client.imports.progress({ organisationId, importId }, { signal: stop.signal })) {
        setProgress(step);
        result = step.result;
        if (result) break;
      }
      if (stop.signal.aborted) return;
      useFlow.setState(({ running }) => ({ running: running.filter((one) => one.importId !== importId) }));
      doTask('import');
      go(placeOf(importId, result));
    };
    void attempt(follow);
    return () => stop.abort();
  }, [organisationId, importId, doTask]);

  const share =
    progress && progress.bytesTotal > 0 ? Math.min(100, (progress.bytesRead / progress.bytesTotal) * 100) : 0;
  return (
    <section className={css.progress} aria-label={`Importing ${fileName}`}>
      <span className={css.progressText}>
        <strong>{fileName}</strong>
        <span className={css.muted}>
          {progress
            ? `${formatCount(progress.rows)} rows · ${formatBytes(progress.bytesRead)} of ${formatBytes(progress.bytesTotal)}`
            : 'Starting'}
        </span>
      </span>
      <Progress value={share} size="sm" aria-label={`${Math.round(share)}% of ${fileName} read`} />
      <span className="visually-hidden" role="status">
        {share >= 50 ? `Half of ${fileName} is read.` : `Import of ${fileName} has started.`}
      </span>
      <Button
        variant="default"
        size="compact-xs"
        onClick={() => void attempt(() => client.imports.cancel({ organisationId, importId }))}
      >
        Cancel
      </Button>
    </section>
  );
}

/** Where what came in is worked on; what was refused is read first. */
function placeOf(importId: string, result: ImportResult | null): string {
  if (result?.state === 'done' && result.rejected === 0) {
    if (result.kind === 'weddings') return '/weekend';
    if (result.kind === 'usage') return '/crm';
  }
  return `/exports/imports/${importId}`;
}

/** True while a file is dragged over the window. Dropping never navigates. */
function useFileDrop(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const onOver = (event: DragEvent) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) onFile(file);
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [onFile]);
  return over;
}
