import { app, Menu, type MenuItemConstructorOptions } from 'electron';

/** Only what the operating system expects; the screens have their own navigation. No developer tools in a release. */
export function setMenu(open: (address: string | null) => void): void {
  const go = (label: string, key: number, address: string): MenuItemConstructorOptions => ({
    label,
    accelerator: `CmdOrCtrl+${key}`,
    click: () => open(address),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        { label: 'Import…', accelerator: 'CmdOrCtrl+I', click: () => open('/exports?import=1') },
        { type: 'separator' },
        { role: process.platform === 'darwin' ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'Go',
      submenu: [
        go('Weekend', 1, '/weekend'),
        go('Alerts', 2, '/alerts'),
        go('Exports', 3, '/exports'),
        go('CRM', 4, '/crm'),
        go('Systems', 5, '/systems'),
        go('Deliveries', 6, '/deliveries'),
        go('KPIs', 7, '/kpis'),
        go('Audit', 8, '/audit'),
        go('Settings', 9, '/settings'),
      ],
    },
    {
      label: 'View',
      submenu: [
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
