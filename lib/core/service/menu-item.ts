/** An item for the host's own menu. @publicApi */
export interface MaintenanceMenuItem {
  /** Translated. */
  label: string;
  /** Of the admin page. */
  url: string;
  /** Name of an icon, for the host's own icon set. */
  icon: string;
  /** Is anything in maintenance. */
  active: boolean;
}
