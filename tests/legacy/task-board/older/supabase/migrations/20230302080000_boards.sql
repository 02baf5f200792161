CREATE INDEX IF NOT EXISTS lists_board ON lists (board_id);
CREATE INDEX IF NOT EXISTS cards_list ON cards (list_id);
