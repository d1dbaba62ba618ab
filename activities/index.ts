export type Activities = any;
