"""The owner of what nobody asked for: tasks of schedules that workers announce."""

from uuid import UUID

#: Has no row among the customers, and no keys; operators see what belongs to it.
SYSTEM_CUSTOMER = UUID("00000000-0000-7000-8000-000000000000")
