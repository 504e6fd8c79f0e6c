/** The fixed channels between the preload and the main process; a page never names one. */
export const channels = {
  connect: 'wedsync:connect',
  choose: 'wedsync:choose-files',
  dropped: 'wedsync:offer-dropped',
  save: 'wedsync:save-as',
  external: 'wedsync:open-external',
  login: 'wedsync:start-at-login',
  awake: 'wedsync:stay-awake',
  notifies: 'wedsync:notifies',
  navigate: 'wedsync:navigate',
} as const;
