"""Files with which BI tools open a star: where it is in a warehouse, or the star itself as an extract."""
