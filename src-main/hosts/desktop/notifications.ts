import { Notification } from 'electron';
import type { Notice, NoticePort } from '../../engine/engine.ts';
import type { Clock } from '../../ports/runtime.ts';

const PER_MINUTE = 5;

/** Native notifications: one per key, replaced as it changes; past five a minute one summary (U39, U40). */
export function createNotices(
  clock: Clock,
  open: (address: string) => void,
  acknowledge: (alert: NonNullable<Notice['alert']>) => Promise<string>,
): NoticePort {
  const shown = new Map<string, Notification>();
  let recent: number[] = [];

  function put(notice: Notice): void {
    shown.get(notice.key)?.close();
    const notification = new Notification({
      title: notice.title,
      body: notice.body,
      silent: !notice.urgent,
      // Where the system shows no buttons, a click opens the alert.
      ...(notice.alert ? { actions: [{ type: 'button', text: 'Acknowledge' }] } : {}),
      ...(notice.urgent ? { urgency: 'critical', timeoutType: 'never' } : {}),
    });
    notification.on('click', () => open(notice.address));
    const { alert } = notice;
    if (alert) {
      notification.on('action', () => {
        acknowledge(alert).then(
          (who) =>
            put({
              key: notice.key,
              title: `Acknowledged by ${who}`,
              body: notice.title,
              urgent: false,
              address: notice.address,
            }),
          // It says why on its own page.
          () => open(notice.address),
        );
      });
    }
    notification.on('close', () => {
      if (shown.get(notice.key) === notification) shown.delete(notice.key);
    });
    shown.set(notice.key, notification);
    notification.show();
  }

  return {
    show(notice) {
      if (!Notification.isSupported()) return;
      const now = clock.monotonicMs();
      recent = recent.filter((at) => now - at < 60_000);
      const known = shown.has(notice.key);
      if (!known && !notice.urgent && recent.length >= PER_MINUTE) {
        put({
          key: 'summary',
          title: 'More has happened',
          body: 'Several things changed within a minute. Open the console to see them.',
          urgent: false,
          address: '/deliveries',
        });
        return;
      }
      recent.push(now);
      put(notice);
    },
    allowed: () => Notification.isSupported(),
    remove(key) {
      shown.get(key)?.close();
      shown.delete(key);
    },
  };
}
