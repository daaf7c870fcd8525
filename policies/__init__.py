"""Security rules as data and the small engine that reads them."""
