-- What a notebook reads: a data cut by its name, or the living data. A link then shows the rows that were meant.
alter table notebook add column cut text collate "C";
alter table notebook_version add column cut text collate "C";
