"""What Sightline keeps: schema, writing, queries, forgetting and the audit log.

Only this package opens the database (SQLAlchemy, Alembic, psycopg).
"""
