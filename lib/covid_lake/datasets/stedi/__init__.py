"""A sensor device for balance exercises, a phone's accelerometer, and the customers who agreed to research."""
