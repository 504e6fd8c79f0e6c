/** `low`: say so. `little`: only alerts and what they need may grow; imports, exports and webhooks in wait (R41). */
export type RoomLevel = 'enough' | 'low' | 'little';

/** How much room there is where the data lies. */
export interface DiskRoom {
  level(): RoomLevel;
  /** Gives the reserve back to the disk; true when there was one, or was a moment ago. */
  release(): Promise<boolean>;
  onChange(listener: (level: RoomLevel) => void): void;
  /** Before anything is written: gives the reserve back when the disk is full already. */
  prepare(): Promise<void>;
  start(): void;
  stop(): void;
}
