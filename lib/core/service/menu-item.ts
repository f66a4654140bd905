/** An item for the application's own menu. @publicApi */
export interface MaintenanceMenuItem {
  /** Its text, translated. */
  label: string;
  /** URL of the admin page. */
  url: string;
  /** Name of an icon, for the application's own icon set. */
  icon: string;
  /** Whether anything is in maintenance. */
  active: boolean;
}
